// A tape as a picture: parses the DOT text.
#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/inspect/graphviz.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/product.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/autodiff/ops/slices.h>

#include "../special_values.h"
#include "../throws.h"
#include "nested_model.h"

namespace reel::inline REEL_PRECISION {
namespace {

using Texts = std::vector<std::string>;

// The contents of a DOT text. Throws std::runtime_error if the text is not DOT.
struct Picture {
  std::map<std::string, std::string> labels;               // of the nodes, by id
  std::vector<std::pair<std::string, std::string>> edges;  // from, to
  std::map<std::string, std::string> frames;               // the path of each node's frame
};

class DotReader {
 public:
  explicit DotReader(const std::string& text) : in_(text) { next(); }

  Picture read() {
    expect("digraph");
    next();
    expect("{");
    statements("");
    if (!token_.empty()) fail("text after the end");
    for (const auto& [from, to] : picture_.edges)
      if (!picture_.labels.contains(from) || !picture_.labels.contains(to)) fail("a loose edge");
    return picture_;
  }

 private:
  [[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(what + ": " + token_);
  }

  void statements(const std::string& outer) {  // up to and including the closing brace
    std::string frame = outer;
    while (token_ != "}" || quoted_) {
      const std::string first = take();
      if (first == "subgraph") {
        next();
        expect("{");
        statements(frame);
        continue;
      }
      if (token_ == "=") {
        next();
        const std::string value = take();
        // the label of a nested frame may be its path or the last part of it
        if (first == "label")
          frame = outer.empty() || value.starts_with(outer + '.') ? value : outer + '.' + value;
      } else if (token_ == "->") {
        next();
        picture_.edges.emplace_back(first, take());
        attributes();
      } else {
        const auto found = attributes();
        if (first != "node" && first != "edge" && first != "graph") {
          if (picture_.labels.contains(first)) fail("a node drawn twice");
          picture_.labels[first] = found.at("label");
          picture_.frames[first] = frame;
        }
      }
      expect(";");
    }
    next();
  }

  std::map<std::string, std::string> attributes() {
    std::map<std::string, std::string> found;
    if (token_ != "[" || quoted_) return found;
    next();
    while (token_ != "]") {
      const std::string key = take();
      expect("=");
      found[key] = take();
      if (token_ == ",") next();
    }
    next();
    return found;
  }

  void expect(const std::string& symbol) {
    if (token_ != symbol || quoted_) fail("no " + symbol);
    next();
  }
  std::string take() {
    std::string text = token_;
    next();
    return text;
  }
  void next() {
    token_.clear();
    quoted_ = false;
    in_ >> std::ws;
    const int c = in_.get();
    if (c == EOF) return;
    if (c == '"') return quoted();
    token_ = static_cast<char>(c);
    if (c == '-') token_ += static_cast<char>(in_.get());  // ->
    if (!std::isalnum(c)) return;
    while (std::isalnum(in_.peek()) || in_.peek() == '_' || in_.peek() == '.')
      token_ += static_cast<char>(in_.get());
  }
  void quoted() {
    quoted_ = true;
    for (int c = in_.get(); c != '"'; c = in_.get()) {
      if (c == EOF) fail("an open quote");
      if (c == '\\') {
        c = in_.get();
        if (c == 'n') c = '\n';
      }
      token_ += static_cast<char>(c);
    }
  }

  std::istringstream in_;
  std::string token_;
  bool quoted_ = false;
  Picture picture_;
};

Picture picture_of(Tape& tape, const DotOptions& options = {}) {
  return DotReader(to_dot(tape, options)).read();
}

std::string id_of(std::size_t node) { return concat('n', node); }

// The picture must show exactly the nodes and inputs of the tape.
void check_drawn(const Picture& picture, const Tape& tape) {
  std::vector<std::pair<std::string, std::string>> expected, drawn;
  std::size_t constants = 0;
  for (std::size_t i = 0; i < tape.size(); ++i) {
    REQUIRE(picture.labels.contains(id_of(i)));
    for (const Input& in : tape.node(i).input_list())
      if (in.node == Input::constant)
        ++constants;
      else
        expected.emplace_back(id_of(in.node), id_of(i));
  }
  for (const auto& edge : picture.edges)
    if (edge.first[0] == 'n') drawn.push_back(edge);
  std::sort(expected.begin(), expected.end());
  std::sort(drawn.begin(), drawn.end());
  CHECK(drawn == expected);
  CHECK(picture.edges.size() == expected.size() + constants);
}

}  // namespace

TEST_CASE("a picture has a node for each of the tape's and an edge for each input") {
  Tape tape;
  CHECK(picture_of(tape).labels.empty());
  const Var x = tape.variable(matrix({{1, 2, 3}, {4, 5, 6}}), "x"), y = tape.variable(scalar(2));
  const Parameter w(vector({1, 2}), "net.w");
  const Var constant = vector({1, 1, 1});
  constant.shared().metadata().name = "ones";
  const Var h = x * x + constant;
  const Var z = sum(matmul(w, h) * y * 3);
  const Picture picture = picture_of(tape);
  check_drawn(picture, tape);
  const auto label = [&](const Var& v) {
    for (std::uint32_t i = 0; i < tape.size(); ++i)
      if (tape.node(i).value.identity() == v.shared().identity())
        return picture.labels.at(id_of(i));
    return std::string();
  };
  CHECK(label(x).starts_with("x"));
  CHECK(label(x).find("(2,3)") != std::string::npos);
  CHECK(label(y).starts_with("variable"));
  CHECK(label(w).starts_with("net.w"));
  CHECK(label(h).starts_with("add"));
  CHECK(label(h).find("(2,3)") != std::string::npos);
  CHECK(label(z).starts_with("sum"));
  // x is drawn twice as an input of its square
  CHECK(std::count(picture.edges.begin(), picture.edges.end(),
                   std::pair(std::string("n0"), std::string("n2"))) == 2);
  // the named constant is a node with its name, besides the nodes of the tape
  CHECK(picture.labels.size() == tape.size() + 2);
  CHECK(std::count_if(picture.labels.begin(), picture.labels.end(), [](const auto& node) {
          return node.first[0] != 'n' && node.second.starts_with("ones");
        }) == 1);
}

TEST_CASE("parts of a model are framed") {
  Model model;
  Rng rng(1);
  nn::init(model, rng);
  Tape tape;
  const Var loss = sum(model(Var(matrix({{1, 2, 3}}))));
  const Picture picture = picture_of(tape, {.values = true, .gradients_of = loss});
  check_drawn(picture, tape);
  for (std::size_t i = 0; i < tape.size(); ++i) {
    const Tape::Node& node = tape.node(i);
    if (node.operation) CHECK(picture.frames.at(id_of(i)) == (node.scope ? node.scope : ""));
  }
}

TEST_CASE("names may hold what DOT gives a meaning") {
  const Texts names{"a \"quoted\" name", "back\\slash", "ends in \\", "two\nlines",
                    "\"; } -> [",        "\\n",         "<b>",        "日本"};
  for (const std::string& name : names) {
    CAPTURE(name);
    Tape tape;
    const Scope scope(name);
    const Var x = tape.variable(vector({1, 2}), name);
    const Var constant = vector({3, 4});
    constant.shared().metadata().name = name;
    const Var y = record(name.c_str(), {x, constant}, x.value(),
                         [](auto& d, auto& g, auto, auto&) { d.add(0, g); });
    const Picture picture = picture_of(tape, {.values = true});
    check_drawn(picture, tape);
    REQUIRE(picture.labels.size() == 3);
    for (const auto& [id, label] : picture.labels) CHECK(label.starts_with(name));
    CHECK(picture.frames.at("n1") == name);
  }
}

TEST_CASE("values and gradients are drawn on request") {
  Tape tape;
  const Var x = tape.variable(vector({1, -2, 0.5})), big = tape.variable(full({100}, 7)),
            unused = tape.variable(scalar(9));
  big.shared().mutate()(40) = -3;
  const Var squares = x * x;
  const Var y = sum(squares) + sum(big) * 0;
  const auto has = [](const Picture& picture, std::size_t node, const char* text) {
    return picture.labels.at(id_of(node)).find(text) != std::string::npos;
  };
  const Picture plain = picture_of(tape);
  CHECK(!has(plain, 0, "-2"));
  CHECK(!has(plain, 0, "gradient"));
  const Picture values = picture_of(tape, {.values = true});
  CHECK(has(values, 0, "1, -2, 0.5"));
  CHECK(has(values, 1, "-3 … 7"));
  CHECK(!has(values, 0, "gradient"));
  const Picture gradients = picture_of(tape, {.gradients_of = y});
  CHECK(has(gradients, 0, "gradient 2, -4, 1"));
  CHECK(!has(gradients, 0, "0.5"));
  CHECK(has(gradients, 3, "gradient 1, 1, 1"));
  tape.variable(vector({nan, 1, 2, 3, 4, nan, 6, -7}));
  CHECK(has(picture_of(tape, {.values = true}), tape.size() - 1, "-7 … 6"));
  const std::size_t before = tape.size();
  check_drawn(picture_of(tape, {.values = true, .gradients_of = y}), tape);
  CHECK(tape.size() == before);
  CHECK_ERROR("y has shape (3), and only a scalar has a gradient",
              to_dot(tape, {.gradients_of = x}));
  tape.variable(zeros({0}));
  check_drawn(picture_of(tape, {.values = true}), tape);
}

}  // namespace reel::inline REEL_PRECISION
