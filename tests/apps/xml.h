// A strict reader of the XML that the SVG writer uses, for its tests.
#pragma once

#include <cctype>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace reel::xml {

struct Element {
  std::string name;
  std::map<std::string, std::string> attributes = {};
  std::string text = {};  // own text, without the text of its children
  std::vector<Element> children = {};

  std::string attribute(const std::string& key) const {
    const auto found = attributes.find(key);
    return found == attributes.end() ? "" : found->second;
  }
};

/// Reads elements, double-quoted attributes, text and the four named references, in UTF-8; throws
/// std::runtime_error for anything else.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) { check_characters(); }

  Element document() {
    Element root = element();
    while (!at_end()) expect('\n');
    return root;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw std::runtime_error(what + " before: " + std::string(text_.substr(at_, 60)));
  }
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  void expect(char c) {
    if (peek() != c) refuse(std::string("no ") + c);
    ++at_;
  }
  bool skip(std::string_view what) {
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }

  void check_characters() {
    for (std::size_t i = 0; i < text_.size();) {
      const auto c = static_cast<unsigned char>(text_[i]);
      if (c < 0x20 && c != '\n' && c != '\t' && c != '\r') throw std::runtime_error("a control");
      const std::size_t more = c < 0x80 ? 0 : c < 0xC0 ? 9 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
      if (more > 3 || i + more >= text_.size()) throw std::runtime_error("no UTF-8");
      for (std::size_t k = 1; k <= more; ++k)
        if ((static_cast<unsigned char>(text_[i + k]) & 0xC0) != 0x80)
          throw std::runtime_error("no UTF-8");
      i += 1 + more;
    }
  }

  std::string name() {
    std::string read;
    while (std::isalnum(static_cast<unsigned char>(peek())) || peek() == '-') read += text_[at_++];
    if (read.empty()) refuse("no name");
    return read;
  }
  std::string text_until(char end) {
    std::string read;
    while (peek() != end) {
      if (at_end() || peek() == '<') refuse("text that does not end");
      if (peek() != '&')
        read += text_[at_++];
      else if (skip("&amp;"))
        read += '&';
      else if (skip("&lt;"))
        read += '<';
      else if (skip("&gt;"))
        read += '>';
      else if (skip("&quot;"))
        read += '"';
      else
        refuse("an unknown reference");
    }
    return read;
  }
  Element element() {
    expect('<');
    Element read{name()};
    while (peek() == ' ') {
      ++at_;
      const std::string key = name();
      expect('=');
      expect('"');
      if (!read.attributes.emplace(key, text_until('"')).second) refuse(key + " twice");
      expect('"');
    }
    if (skip("/>")) return read;
    expect('>');
    while (!text_.substr(at_).starts_with("</")) {
      if (peek() == '<')
        read.children.push_back(element());
      else
        read.text += text_until('<');
    }
    if (!skip("</" + read.name + ">")) refuse("no end of " + read.name);
    return read;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// All elements of this name below `from` whose class begins with the given text.
inline void collect(const Element& from, const std::string& name, const std::string& style,
                    std::vector<Element>& found) {
  for (const Element& child : from.children) {
    if (child.name == name && child.attribute("class").starts_with(style)) found.push_back(child);
    collect(child, name, style, found);
  }
}
inline std::vector<Element> all(const Element& from, const std::string& name,
                                const std::string& style = "") {
  std::vector<Element> found;
  collect(from, name, style, found);
  return found;
}

}  // namespace reel::xml
