// Writes SVG elements as text.
#include "svg.h"

#include <charconv>
#include <cmath>
#include <sstream>

namespace reel::plot {
namespace {

// The length of the UTF-8 sequence at the start of a text if XML allows it, otherwise 0.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return first >= 0x20 || first == '\t' || first == '\n' || first == '\r';
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  unsigned code = first & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0u) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  const bool shortest = length == 2 || code >= (length == 3 ? 0x800u : 0x10000u);
  const bool forbidden =
      (code >= 0xD800 && code < 0xE000) || code == 0xFFFE || code == 0xFFFF || code > 0x10FFFF;
  return shortest && !forbidden ? length : 0;
}

}  // namespace

std::string number(double value) {
  char buffer[400];  // enough for any double
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, 1);
  std::string text(buffer, end.ptr);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

std::string escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length == 0)
      out += "\xEF\xBF\xBD";
    else if (text[0] == '&')
      out += "&amp;";
    else if (text[0] == '<')
      out += "&lt;";
    else if (text[0] == '>')
      out += "&gt;";
    else if (text[0] == '"')
      out += "&quot;";
    else
      out += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

// For DejaVu Sans, the widest of the fonts that a viewer may use.
double text_width(std::string_view text, double font_size) {
  const auto any_of = [](std::string_view set, char c) { return set.find(c) != set.npos; };
  double width = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0) == 0x80) continue;  // a continuation byte
    width += any_of("ijlI.,:;'|! ", c) ? 0.32
             : any_of("frt()[]-/", c)  ? 0.39
             : any_of("mwMW@%", c)     ? 0.96
             : any_of("=+<>", c)       ? 0.84
             : c >= 'A' && c <= 'Z'    ? 0.7
                                       : 0.62;
  }
  return width * font_size;
}

std::vector<std::string> wrapped(const std::string& text, double font_size, double width) {
  std::vector<std::string> lines;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (!lines.empty() && text_width(lines.back() + ' ' + word, font_size) <= width)
      lines.back() += ' ' + word;
    else
      lines.push_back(word);
  }
  return lines;
}

std::string path_through(const Line& line) {
  const bool closed = line.size() > 2 && line.front() == line.back();
  std::string d;
  for (std::size_t i = 0; i + closed < line.size(); ++i) {
    d += i == 0 ? 'M' : i == 1 ? 'L' : ' ';
    d += number(line[i].x) + ' ' + number(line[i].y);
  }
  return closed ? d + 'Z' : d;
}

std::string attribute(std::string_view name, std::string_view value) {
  return ' ' + std::string(name) + "=\"" + escaped(value) + '"';
}

std::string attribute(std::string_view name, double value) {
  return attribute(name, number(value));
}

void Svg::open(std::string_view element, const std::string& attributes) {
  text_ += '<' + std::string(element) + attributes + ">\n";
}

void Svg::close(std::string_view element) { text_ += "</" + std::string(element) + ">\n"; }

void Svg::element(std::string_view element, const std::string& attributes) {
  text_ += '<' + std::string(element) + attributes + "/>\n";
}

void Svg::path(std::string_view style, const std::string& d) {
  if (!d.empty()) element("path", attribute("class", style) + attribute("d", d));
}

void Svg::text(std::string_view style, Point at, std::string_view text, std::string_view power,
               std::string_view transform) {
  text_ += "<text" + attribute("class", style) + attribute("x", at.x) + attribute("y", at.y);
  if (!transform.empty()) text_ += attribute("transform", transform);
  text_ += '>' + escaped(text);
  if (!power.empty())
    text_ += "<tspan class=\"power\" dy=\"-0.5em\">" + escaped(power) + "</tspan>";
  text_ += "</text>\n";
}

void Svg::words(std::string_view element, std::string_view text) {
  text_ += '<' + std::string(element) + '>' + escaped(text) + "</" + std::string(element) + ">\n";
}

}  // namespace reel::plot
