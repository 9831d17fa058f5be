// Watching a computation: scopes, observers, profiles.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/scope.h>
#include <reel/autodiff/inspect/profile.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>

#include "../near.h"
#include "nested_model.h"

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

// Records the events that a user sees, one on each line.
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
  // on recycled storage, in the scope that was last used there
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
  // a part that is called by itself, and a model that was never initialised
  model.block.in(x);
  CHECK(scopes_of(tape).back() == "in affine");
  nn::Sequential bare(nn::tanh);
  bare(x);
  CHECK(scopes_of(tape).back() == "0 tanh");
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
  {  // the operations that a rule records are events too
    Tape tape;
    const Var x = tape.variable(scalar(2));
    const Var y = exp(x);
    const Log log(lines, "");
    grad(y, x, {.create_graph = true});
    exp(Var(1));  // operations on constants are events too
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
    std::thread([&] { cos(x); }).join();  // operations of another thread are not observed
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
      CHECK(e.gradient_by(1) == nullptr);  // a constant
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
    CHECK_THROWS_AS(static_cast<void>(Tape()), std::runtime_error);
  }
  REQUIRE(Tape::innermost() == nullptr);
  REQUIRE(Tape::recording() == nullptr);
  Tape tape;
  const Var x = tape.variable(scalar(2));
  CHECK(grad(x * x, x).item() == 4);
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

// ---- profiles

TEST_CASE("a profile counts calls and bytes") {
  const Parameter w(full({10'000}, 2));
  std::vector<ProfileEntry> entries;
  std::string table, narrow;
  {
    const Profile profile;
    for (int step = 0; step < 3; ++step) {
      Tape tape;
      const Var h = tanh(w * w);
      const Var loss = sum(h * Real(0.5));
      tape.backward(loss);
      if (step == 0) tape.backward(loss);
    }
    exp(Var(1));  // computed, but never differentiated
    entries = profile.entries();
    table = profile.table();
    narrow = profile.table(40);
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

  // the table: a header, the entries in order, the total, all in columns
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

  // where it does not fit: both directions together
  CHECK(narrow.find('\n') <= 40);
  std::istringstream sums(narrow.substr(narrow.find("total")));
  std::string name;
  std::size_t calls;
  sums >> name >> calls;
  CHECK(calls == 29);
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

}  // namespace reel::inline REEL_PRECISION
