// Observers: the events of a computation.
#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/observer.h>
#include <reel/autodiff/engine/scope.h>
#include <reel/autodiff/inspect/profile.h>
#include <reel/autodiff/ops/ops.h>

#include "../near.h"

namespace reel::inline REEL_PRECISION {
namespace {

using Texts = std::vector<std::string>;

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

}  // namespace reel::inline REEL_PRECISION
