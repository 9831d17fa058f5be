// What a tape and its watchers can tell: scopes, observers, profiles, pictures, memory, warnings.
#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <reel/autodiff/core/warning.h>
#include <reel/autodiff/dot.h>
#include <reel/autodiff/grad.h>
#include <reel/autodiff/ops.h>
#include <reel/autodiff/profile.h>
#include <reel/autodiff/scope.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>

#include "../near.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace {

using Texts = std::vector<std::string>;

// "path operation" of each operation on a tape.
Texts scopes_of(const Tape& tape) {
  Texts all;
  for (std::size_t i = 0; i < tape.size(); ++i) {
    const Tape::Node& node = tape.node(i);
    if (node.operation) all.push_back(concat(node.scope ? node.scope : "-", ' ', node.operation));
  }
  return all;
}

struct Block : nn::Module {
  nn::Linear in{3, 4}, out{4, 2};
  Var forward(const Var& x) const override {
    const Var h = relu(in(x));
    const Scope scope("tail");
    return exp(out(h));
  }
  void visit(nn::Visitor& v) override {
    v("in", in);
    v("out", out);
  }
};

struct Model : nn::Module {
  Block block;
  nn::Sequential head{nn::Linear(2, 2), nn::tanh};
  Var forward(const Var& x) const override { return head(block(x)); }
  void visit(nn::Visitor& v) override {
    v("block", block);
    v("head", head);
  }
};

// The user's events, one line each.
class Log : public Observer {
 public:
  Log(Texts& lines, std::string who) : lines_(lines), who_(std::move(who)) {}
  void computed(const OperationEvent& e) override { add("computed ", e.operation); }
  void rule_begins(const OperationEvent& e) override { add("begins ", e.operation); }
  void rule_ended(const BackwardEvent& e) override { add("ended ", e.operation); }
  void boundary() override { add("boundary", ""); }

 private:
  void add(const char* what, std::string_view operation) {
    lines_.push_back(concat(who_, what, operation));
  }
  Texts& lines_;
  std::string who_;
};

// Throws at one event of one operation.
struct Thrower : Observer {
  Thrower(std::string event_, std::string operation_)
      : event(std::move(event_)), operation(std::move(operation_)) {}
  void computed(const OperationEvent& e) override { check("computed", e.operation); }
  void rule_begins(const OperationEvent& e) override { check("begins", e.operation); }
  void rule_ended(const BackwardEvent& e) override { check("ended", e.operation); }
  void boundary() override { check("boundary", ""); }
  void check(std::string_view at, std::string_view which) const {
    if (at == event && which == operation) throw std::runtime_error("seen enough");
  }
  std::string event, operation;
};

}  // namespace

// ---- scopes

TEST_CASE("the path of the scopes alive") {
  CHECK(Scope::path().empty());
  const std::uint64_t before = Scope::version();
  {
    const Scope a("a");
    CHECK(Scope::path() == "a");
    const std::uint64_t at_a = Scope::version();
    CHECK(at_a != before);
    {
      const Scope b("b c"), nothing(""), d("d");
      CHECK(Scope::path() == "a.b c.d");
      CHECK(Scope::version() != at_a);
    }
    CHECK(Scope::path() == "a");
    CHECK(Scope::version() != at_a);
    const std::uint64_t now = Scope::version();
    const Scope nothing("");
    CHECK(Scope::version() == now);
  }
  CHECK(Scope::path().empty());
  try {
    const Scope a("a"), b("b");
    throw std::runtime_error("unwinding");
  } catch (const std::runtime_error&) {
  }
  CHECK(Scope::path().empty());
  const Scope here("here");
  std::string there = "?";
  std::thread([&] { there = Scope::path(); }).join();
  CHECK(there.empty());
}

TEST_CASE("a tape notes the scope of each operation") {
  Tape tape;
  const Var x = tape.variable(scalar(1));
  exp(x);
  {
    const Scope a("a");
    sin(x);
    {
      const Scope b("b");
      cos(x);
      tan(x);
    }
    tanh(x);
  }
  {
    const Scope c("c");
    Tape inner;
    const Var y = inner.variable(scalar(1));
    exp(y);
    CHECK(scopes_of(inner) == Texts{"c exp"});
  }
  log(x);
  CHECK(scopes_of(tape) == Texts{"- exp", "a sin", "a.b cos", "a.b tan", "a tanh", "- log"});
  // on the storage of a tape before, in the scope that was the last one there
  const Scope d("d");
  for (int round = 0; round < 2; ++round) {
    Tape next;
    exp(next.variable(scalar(1)));
    CHECK(scopes_of(next) == Texts{"d exp"});
  }
}

TEST_CASE("modules are scopes") {
  Model model;
  Rng rng(1);
  nn::init(model, rng);
  Tape tape;
  const Var x = tape.variable(matrix({{1, 2, 3}}));
  sum(model(x));
  CHECK(scopes_of(tape) == Texts{"block.in affine", "block relu", "block.tail.out affine",
                                 "block.tail exp", "head.0 affine", "head.1 tanh", "- sum"});
  // a part that is called alone, and a model that was never visited
  model.block.in(x);
  CHECK(scopes_of(tape).back() == "in affine");
  nn::Sequential bare(nn::tanh);
  bare(x);
  CHECK(scopes_of(tape).back() == "- tanh");
  CHECK_THROWS_AS(model(matrix({{1, 2}})), Error);
  CHECK(Scope::path().empty());
}

// ---- observers

TEST_CASE("the order of events") {
  Texts lines;
  {
    const Log log(lines, "");
    Tape tape;
    const Var x = tape.variable(scalar(2));
    const Var y = exp(x * x);
    grad(y, x);
  }
  CHECK(lines == Texts{"boundary", "computed multiply", "computed exp", "begins exp", "ended exp",
                       "begins multiply", "ended multiply", "boundary"});
  CHECK(Observer::innermost() == nullptr);
  lines.clear();
  {  // a rule that records tells of what it computes
    Tape tape;
    const Var x = tape.variable(scalar(2));
    const Var y = exp(x);
    const Log log(lines, "");
    grad(y, x, {.create_graph = true});
    exp(Var(1));  // a constant is computed as well
  }
  CHECK(lines == Texts{"begins exp", "computed multiply", "ended exp", "boundary", "computed exp"});
}

TEST_CASE("observers nest, and each is told, the innermost first") {
  Texts lines;
  const Var x = scalar(2);
  {
    const Log outer(lines, "outer ");
    CHECK(Observer::innermost() == &outer);
    CHECK(outer.outer() == nullptr);
    {
      const Log inner(lines, "inner ");
      CHECK(Observer::innermost() == &inner);
      CHECK(inner.outer() == &outer);
      exp(x);
    }
    CHECK(Observer::innermost() == &outer);
    sin(x);
    std::thread([&] { cos(x); }).join();  // another thread's operations are its own
  }
  cos(x);
  CHECK(lines == Texts{"inner computed exp", "outer computed exp", "outer computed sin"});
}

TEST_CASE("what an event says") {
  struct Facts : Observer {
    void computed(const OperationEvent& e) override {
      REQUIRE(e.input_count == 2);
      CHECK(e.operation == "multiply");
      CHECK(e.scope == "net");
      CHECK(*e.value == vector({10, 20}));
      CHECK(*e.input(0) == vector({1, 2}));
      CHECK(*e.input(1) == scalar(10));
      CHECK(e.input(0).name() == "x");
      ++forward;
    }
    void rule_ended(const BackwardEvent& e) override {
      CHECK(e.operation == "multiply");
      CHECK(e.scope == "net");
      CHECK(*e.input(1) == scalar(10));
      CHECK(e.gradient == vector({3, 4}));
      REQUIRE(e.gradient_by(0));
      CHECK(*e.gradient_by(0) == vector({30, 40}));
      CHECK(e.gradient_by(1) == nullptr);  // of a constant
      ++backward;
    }
    int forward = 0, backward = 0;
  } facts;
  Tape tape;
  const Var x = tape.variable(vector({1, 2}), "x");
  Var y;
  {
    const Scope net("net");
    y = x * 10;
  }
  CHECK(facts.forward == 1);
  grad(y, x, {.seed = vector({3, 4})});
  CHECK(facts.backward == 1);
}

TEST_CASE("gradients that nobody asked for are null, those added up are sums") {
  struct Seen : Observer {
    void rule_ended(const BackwardEvent& e) override {
      for (std::size_t i = 0; i < e.input_count; ++i) {
        const Tensor* g = e.gradient_by(i);
        lines.push_back(concat(e.operation, ' ', i, ' ', g ? std::to_string(g->data()[0]) : "-"));
      }
    }
    Texts lines;
  };
  Tape tape;
  const Var x = tape.variable(scalar(2)), w = tape.variable(scalar(3));
  const Var y = x * w + x;
  for (const bool create_graph : {false, true}) {
    const Seen seen;
    grad(y, x, {.create_graph = create_graph});
    CHECK(seen.lines ==
          Texts{"add 0 1.000000", "add 1 1.000000", "multiply 0 4.000000", "multiply 1 -"});
  }
}

TEST_CASE("an observer that throws leaves the tape usable and the gradients alone") {
  const Parameter w(scalar(3));
  Tape tape;
  tape.backward(w * 1);
  const Var x = tape.variable(scalar(2));
  const Var y = exp(x * w);
  const std::size_t before = tape.size();
  {
    const Thrower thrower("computed", "sin");
    CHECK_THROWS_AS(sin(y), std::runtime_error);
  }
  CHECK(tape.size() == before);
  const std::vector<std::pair<std::string, std::string>> points{
      {"begins", "exp"}, {"ended", "exp"}, {"ended", "multiply"}, {"boundary", ""}};
  for (const auto& point : points) {
    CAPTURE(point.first);
    CAPTURE(point.second);
    const Thrower thrower(point.first, point.second);
    CHECK_THROWS_AS(tape.backward(y), std::runtime_error);
    CHECK_THROWS_AS(grad(y, x), std::runtime_error);
    CHECK_THROWS_AS(grad(y, x, {.create_graph = true}), std::runtime_error);
    CHECK(*w.gradient() == scalar(1));
    CHECK(Tape::recording() == &tape);
  }
  CHECK(Observer::innermost() == nullptr);
  CHECK(near(grad(y, x).item(), 3 * y.item(), 1e-15));
  tape.backward(y);
  CHECK(near(item(*w.gradient()), 1 + 2 * y.item(), 1e-15));
}

TEST_CASE("an observer that throws at a tape's start leaves no tape") {
  {
    const Thrower thrower("boundary", "");
    CHECK_THROWS_AS(Tape(), std::runtime_error);
  }
  REQUIRE(Tape::innermost() == nullptr);
  REQUIRE(Tape::recording() == nullptr);
  Tape tape;
  const Var x = tape.variable(scalar(2));
  CHECK(grad(x * x, x).item() == 4);
}

// ---- profiles

TEST_CASE("a profile counts calls and bytes") {
  const Parameter w(full({10'000}, 2));
  std::vector<ProfileEntry> entries;
  std::string table;
  {
    const Profile profile;
    for (int step = 0; step < 3; ++step) {
      Tape tape;
      const Var h = tanh(w * w);
      const Var loss = sum(h * Real(0.5));
      tape.backward(loss);
      if (step == 0) tape.backward(loss);
    }
    exp(Var(1));  // computed, and never differentiated
    entries = profile.entries();
    table = profile.table();
    CHECK(Observer::innermost() == &profile);
  }
  CHECK(Observer::innermost() == nullptr);
  std::map<std::string, ProfileEntry> by_name;
  for (const ProfileEntry& e : entries) by_name[e.operation] = e;
  REQUIRE(entries.size() == 4);
  REQUIRE(by_name.size() == 4);
  const auto check = [&](const char* operation, std::size_t calls, std::size_t backward,
                         std::size_t numbers) {
    CAPTURE(operation);
    const ProfileEntry& e = by_name[operation];
    CHECK(e.calls == calls);
    CHECK(e.backward_calls == backward);
    CHECK(e.bytes == numbers * sizeof(Real));
  };
  check("multiply", 6, 8, 60'000);
  check("tanh", 3, 4, 30'000);
  check("sum", 3, 4, 3);
  check("exp", 1, 0, 1);
  CHECK(by_name["tanh"].seconds > 0);
  CHECK(by_name["tanh"].backward_seconds > 0);
  CHECK(by_name["exp"].backward_seconds == 0);
  CHECK(std::is_sorted(entries.begin(), entries.end(),
                       [](const ProfileEntry& a, const ProfileEntry& b) {
                         return a.seconds + a.backward_seconds > b.seconds + b.backward_seconds;
                       }));

  // the table: a header, the entries in their order, the total, each in its columns
  std::istringstream lines(table);
  Texts rows;
  for (std::string line; std::getline(lines, line);) rows.push_back(line);
  REQUIRE(rows.size() == 6);
  for (const std::string& row : rows) CHECK(row.size() == rows[0].size());
  for (std::size_t i = 0; i < 4; ++i) {
    std::istringstream row(rows[i + 1]);
    std::string name;
    std::size_t calls, backward;
    double ms, backward_ms, megabytes;
    row >> name >> calls >> ms >> backward >> backward_ms >> megabytes;
    REQUIRE(row);
    CHECK(name == entries[i].operation);
    CHECK(calls == entries[i].calls);
    CHECK(backward == entries[i].backward_calls);
    CHECK(near(ms, 1e3 * entries[i].seconds, 0, 0.0006));
    CHECK(near(backward_ms, 1e3 * entries[i].backward_seconds, 0, 0.0006));
    CHECK(near(megabytes, 1e-6 * static_cast<double>(entries[i].bytes), 0, 0.0006));
  }
  CHECK(rows[5].starts_with("total"));
  CHECK(rows[5].find(" 13 ") != std::string::npos);
  CHECK(rows[5].find(" 16 ") != std::string::npos);
}

TEST_CASE("a profile of nothing, and of an operation with a long name") {
  const Profile profile;
  CHECK(profile.entries().empty());
  std::string table = profile.table();
  CHECK(std::count(table.begin(), table.end(), '\n') == 2);
  const std::string name(300, 'n');
  record(name.c_str(), {Var(1)}, scalar(1), [](auto& d, auto& g, auto, auto&) { d.add(0, g); });
  table = profile.table();
  CHECK(table.find(name + ' ') != std::string::npos);
  CHECK(std::count(table.begin(), table.end(), '\n') == 3);
}

// ---- pictures

namespace {

// What a DOT text says. Throws std::runtime_error where it is no DOT.
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

  void statements(const std::string& outer) {  // up to and with the closing brace
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
        // a frame in another may name its path or the last part of it
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

// Whether the picture shows the nodes and inputs of the tape, and no more.
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
  constant.shared().notes().name = "ones";
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
  // x twice into its square
  CHECK(std::count(picture.edges.begin(), picture.edges.end(),
                   std::pair(std::string("n0"), std::string("n2"))) == 2);
  // the named constant is drawn by its name, beside the nodes of the tape
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
    constant.shared().notes().name = name;
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
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
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

// ---- memory

TEST_CASE("what a tape keeps alive") {
  Tape tape;
  CHECK(tape.memory().nodes == 0);
  CHECK(tape.memory().bytes == 0);
  constexpr std::size_t n = 1000, numbers = n * sizeof(Real), little = 1000;
  std::size_t known = 0;
  // the bytes since the last call: so many tensors, and a little for the nodes and rules
  const auto grew_by = [&](std::size_t tensors) {
    const std::size_t now = tape.memory().bytes, more = now - std::exchange(known, now);
    CAPTURE(more);
    CHECK(more > tensors * numbers);
    CHECK(more < tensors * numbers + little);
  };
  const Var x = tape.variable(zeros({n}));
  CHECK(tape.memory().nodes == 1);
  CHECK(tape.memory().bytes == sizeof(Tape::Node) + numbers);
  grew_by(1);
  Var y = x * x;  // the value; the input is known
  CHECK(tape.memory().nodes == 2);
  grew_by(1);
  const Var constant = zeros({n});
  y = y + constant;  // the value and the constant
  grew_by(2);
  y = y * constant;  // the constant is known
  grew_by(1);
  const Var same = tape.variable(x.shared());  // the same value again
  CHECK(tape.memory().nodes == 5);
  grew_by(0);
  exp(zeros({n}));  // not on the tape
  CHECK(tape.memory().bytes == known);
  const Parameter p(zeros({n}));
  y = y * p;
  y = y * p;
  CHECK(tape.memory().nodes == 8);
  grew_by(3);  // the parameter once
  grad(sum(y), x);
  tape.backward(sum(y));
  known = tape.memory().bytes;
  grad(sum(y), x, {.create_graph = true});
  CHECK(tape.memory().bytes > known + 3 * numbers);
}

// ---- warnings

namespace {

// Takes warnings while it lives.
struct Warnings {
  Warnings() : before(set_warning_handler([this](const std::string& w) { got.push_back(w); })) {}
  ~Warnings() { set_warning_handler(before); }
  Texts got;
  WarningHandler before;
};

}  // namespace

TEST_CASE("the handler of warnings") {
  warn("nobody", "hears this");
  {
    const Warnings outer;
    warn("here", "number ", 1);
    {
      const Warnings inner;
      std::thread([] { warn("thread", 2); }).join();
      CHECK(inner.got == Texts{"[thread] 2"});
    }
    warn("here", "number ", 3);
    CHECK(outer.got == Texts{"[here] number 1", "[here] number 3"});
    // a handler may change the handler
    const WarningHandler old =
        set_warning_handler([](const std::string&) { set_warning_handler({}); });
    warn("here", "number ", 4);
    CHECK(!set_warning_handler(old));
    warn("here", "number ", 5);
    CHECK(outer.got.back() == "[here] number 5");
  }
  const WarningHandler left = set_warning_handler({});
  CHECK(!left);
}

TEST_CASE("a tape that grows from backward pass to backward pass") {
  const Warnings warnings;
  const Parameter p(scalar(2));
  Tape tape;
  Var loss = p * p;
  for (int step = 1; step <= 30; ++step) {
    loss = loss + p * Real(step);
    tape.backward(loss);
    CAPTURE(step);
    CHECK(warnings.got.size() == (step > 10 ? 1 : 0));  // once, when it grew the tenth time
  }
  REQUIRE(warnings.got.size() == 1);
  CHECK(warnings.got[0] == message_of([&] {  // 2 nodes, 2 more at each of 11 passes
          fail_usage("tape",
                     "it has grown from one backward pass to the next 10 times, to 24 nodes that "
                     "keep ",
                     warnings.got[0].substr(warnings.got[0].find("keep ") + 5));
        }));
  CHECK(warnings.got[0].ends_with(" bytes. Hint: make a new Tape for each step."));
}

TEST_CASE("tapes that are no cause for a warning") {
  const Warnings warnings;
  const Parameter p(scalar(2));
  for (int step = 0; step < 50; ++step) {  // a fresh one a step
    Tape tape;
    Var loss = p * p;
    for (int i = 0; i < step; ++i) loss = loss * p;
    tape.backward(loss);
    if (step % 3 == 0) tape.backward(loss * p);
  }
  Tape same;
  const Var loss = p * p;
  for (int i = 0; i < 50; ++i) same.backward(loss);  // many passes over one
  Tape now_and_then;
  for (int i = 0; i < 50; ++i) {
    const Var more = p * p;
    for (int k = 0; k < 5; ++k) now_and_then.backward(more);
  }
  for (int i = 0; i < 50; ++i) grad(p * p, Var(p));  // grad is no step
  CHECK(warnings.got.empty());
}

TEST_CASE("a handler that throws stops the backward pass before it changes a gradient") {
  const WarningHandler before =
      set_warning_handler([](const std::string& w) { throw std::runtime_error(w); });
  const Parameter p(scalar(2));
  {
    Tape tape;
    Var loss = p;
    for (int step = 1; step <= 11; ++step) {
      loss = loss * 1;
      if (step == 11)
        CHECK_THROWS_AS(tape.backward(loss), std::runtime_error);
      else
        tape.backward(loss);
    }
    CHECK(*p.gradient() == scalar(10));
    tape.backward(loss);
    CHECK(*p.gradient() == scalar(11));
  }
  set_warning_handler(before);
}

TEST_CASE("observers may end in any order, and compute") {
  struct Computing : Observer {
    void computed(const OperationEvent& event) override {
      ++count;
      exp(Var(event.value));
    }
    int count = 0;
  };
  std::optional<Profile> first, second;
  first.emplace();
  second.emplace();
  exp(Var(1));
  first.reset();
  exp(Var(1));
  CHECK(second->entries()[0].calls == 2);
  second.reset();
  CHECK(Observer::innermost() == nullptr);
  Computing computing;
  exp(Var(1));
  CHECK(computing.count == 1);
}

}  // namespace reel::inline REEL_PRECISION
