// The tape: what it records, handles to it, its storage, and the errors it throws.
#include <reel/autodiff/engine/tape.h>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/ops/ops.h>

#include "../near.h"
#include "../throws.h"
#include "gradient.h"

namespace reel::inline REEL_PRECISION {
namespace {}  // namespace

// ---- what is recorded

TEST_CASE("tape: tapes may end in any order") {
  std::optional<Tape> first(std::in_place), second(std::in_place);
  first.reset();
  CHECK(Tape::innermost() == &*second);
  CHECK(Tape::recording() == &*second);
  const Var x = second->variable(vector({1, 2}));
  CHECK(grad(sum(x * x), x).value() == vector({2, 4}));
  second.reset();
  CHECK(Tape::innermost() == nullptr);
  CHECK(Tape::recording() == nullptr);
  {
    std::optional<Tape> outer(std::in_place), middle(std::in_place);
    const Tape inner;
    middle.reset();
    outer.reset();
    CHECK(Tape::recording() == &inner);
  }
  CHECK(Tape::innermost() == nullptr);
  CHECK(Tape::recording() == nullptr);
}

TEST_CASE("nothing is recorded without a tape") {
  const Parameter p(vector({1, 2}));
  CHECK(Tape::recording() == nullptr);
  CHECK(Tape::innermost() == nullptr);
  const Var y = sum(p * p);
  CHECK(y.item() == 5);
  CHECK(!y.requires_grad());
  CHECK(Var(p).requires_grad());
  CHECK_ERROR("[grad] no tape is alive.", grad(y, Var(p)));
}

TEST_CASE("operations on constants are not recorded") {
  Tape tape;
  const Var y = exp(Var(vector({1, 2})) * 2) + vector({3, 4});
  CHECK(!y.requires_grad());
  CHECK(tape.size() == 0);
  const Var x = tape.variable(scalar(1));
  CHECK(tape.size() == 1);
  const Var z = x * y;
  CHECK(z.requires_grad());
  CHECK(tape.size() == 2);
  CHECK(std::string(tape.node(1).operation) == "multiply");
  CHECK(tape.node(1).input_list()[1].node == Input::constant);
}

TEST_CASE("NoTape suspends recording") {
  const Parameter p(scalar(3));
  Tape tape;
  {
    const NoTape off;
    CHECK(Tape::recording() == nullptr);
    CHECK(Tape::innermost() == &tape);
    CHECK(!(p * p).requires_grad());
    {
      Tape inner;
      CHECK(Tape::recording() == &inner);
      CHECK((p * p).requires_grad());
    }
    CHECK(Tape::recording() == nullptr);
  }
  CHECK(Tape::recording() == &tape);
  CHECK(tape.size() == 0);
  CHECK((p * p).requires_grad());
}

TEST_CASE("nested tapes are a stack") {
  const Parameter p(scalar(3));
  Tape outer;
  const Var y = p * p;
  const std::size_t before = outer.size();
  {
    Tape inner;
    CHECK(inner.id() != outer.id());
    CHECK(Tape::recording() == &inner);
    inner.backward(p * 5);
    CHECK(outer.size() == before);
    CHECK_ERROR("[backward] another tape is alive inside this one.", outer.backward(y));
    CHECK_ERROR("[tape] this is not the innermost tape", outer.variable(scalar(1)));
  }
  CHECK(gradient(p) == scalar(5));
  CHECK(Tape::recording() == &outer);
  outer.backward(y);
  CHECK(gradient(p) == scalar(11));
}

TEST_CASE("a tape does not see another thread's") {
  const Tape tape;
  bool alone = false;
  std::thread([&] { alone = Tape::recording() == nullptr; }).join();
  CHECK(alone);
}

TEST_CASE("ids are never used twice") {
  std::uint64_t last = 0;
  for (int i = 0; i < 20; ++i) {
    const Tape tape;
    CHECK(tape.id() > last);
    last = tape.id();
  }
}

TEST_CASE("a throwing forward leaves nothing on the tape") {
  Tape tape;
  const Var x = tape.variable(zeros({2, 3}));
  const std::size_t before = tape.size();
  CHECK_THROWS_AS(matmul(x, x), Error);
  CHECK_THROWS_AS(x + zeros({4}), Error);
  CHECK_THROWS_AS(reshape(x, {5}), Error);
  CHECK_THROWS_AS(sum(x, 2), Error);
  CHECK_THROWS_AS(softmax_cross_entropy(x, Labels{9, 0}), Error);
  CHECK(tape.size() == before);
  CHECK(grad(sum(x), x).value() == full({2, 3}, 1));
}

TEST_CASE("a parameter reached through several handles is one leaf") {
  const Parameter p(vector({1, 2})), same = p, other(vector({1, 2}));
  CHECK(p == same);
  CHECK(!(p == other));
  Tape tape;
  const Var y = sum(p * same + Var(p) * other);
  CHECK(tape.parameter_nodes().size() == 2);
  tape.backward(y);
  CHECK(gradient(same) == vector({3, 6}));
  CHECK(gradient(other) == vector({1, 2}));
}

TEST_CASE("more parameters than the table of leaves starts with") {
  std::vector<Parameter> parameters;
  for (int i = 0; i < 500; ++i) parameters.emplace_back(scalar(Real(i)));
  for (int round = 1; round <= 2; ++round) {
    Tape tape;
    Var y = Real(0);
    for (const Parameter& p : parameters) y = y + p * p;
    for (const Parameter& p : parameters) y = y + p;
    CHECK(tape.parameter_nodes().size() == 500);
    tape.backward(y);
  }
  for (int i = 0; i < 500; ++i)
    CHECK(gradient(parameters[static_cast<std::size_t>(i)]) == scalar(Real(4 * i + 2)));
}

TEST_CASE("a tape can be read") {
  const Parameter w(vector({1, 2}), "w");
  Tape tape;
  const Var x = tape.variable(vector({3, 4}), "x");
  const Var y = x * w;
  REQUIRE(tape.size() == 3);
  const Tape::Node& leaf = tape.node(0);
  CHECK(leaf.operation == nullptr);
  CHECK(leaf.code == nullptr);
  CHECK(leaf.input_list().empty());
  CHECK(leaf.value.name() == "x");
  const Tape::Node& product = tape.node(2);
  CHECK(std::string(product.operation) == "multiply");
  CHECK(product.value.identity() == y.shared().identity());
  REQUIRE(product.input_list().size() == 2);
  CHECK(product.input_list()[0].node == 0);
  CHECK(product.input_list()[1].node == 1);
  // the tape's nodes as variables
  CHECK(grad(sum(tape.var(2)), tape.var(0)).value() == vector({1, 2}));
  CHECK(grad(sum(y), tape.var(1)).value() == vector({3, 4}));
  REQUIRE(tape.parameter_nodes().size() == 1);
  CHECK(tape.parameter_nodes()[0] == 1);
  REQUIRE(tape.parameters().size() == 1);
  CHECK(tape.parameters()[0].name() == "w");
  CHECK(tape.node_of(y, "test") == 2);
  CHECK(tape.node_of(w, "test") == 1);
  CHECK(tape.node_of(Var(1), "test") == Input::constant);
  const Var parameter = tape.parameters()[0];
  Tape next;  // a parameter can be used on any tape
  CHECK(grad(sum(parameter * 5), Var(w)).value() == vector({5, 5}));
}

TEST_CASE("directed recording") {
  const Parameter p(scalar(3));
  Tape outer;
  const std::size_t before = outer.size();
  {
    const NoTape off;
    const RecordOn on(&outer);
    CHECK(Tape::recording() == &outer);
    CHECK((p * p).requires_grad());
    {
      const RecordOn nowhere(nullptr);
      CHECK(!(p * p).requires_grad());
    }
    CHECK(Tape::recording() == &outer);
  }
  CHECK(Tape::recording() == &outer);
  CHECK(outer.size() == before + 2);
}

// ---- errors

TEST_CASE("a variable of a tape that has ended") {
  Var stale, unnamed;
  {
    Tape tape;
    stale = tape.variable(vector({1, 2}), "hidden");
    unnamed = exp(stale);
  }
  CHECK(stale.value() == vector({1, 2}));
  CHECK(!exp(stale).requires_grad());  // without a tape it is an ordinary value
  Tape tape;
  const Var x = tape.variable(vector({3, 4}));
  CHECK_ERROR("[multiply] an input of shape (2) (\"hidden\") was recorded on a tape that has ended",
              x * stale);
  CHECK_ERROR("[tanh] an input of shape (2) was recorded on a tape that has ended", tanh(unnamed));
  CHECK_ERROR("Hint: record it on this tape, or pass its value().", tanh(unnamed));
  CHECK_ERROR("[grad] an input of shape (2) (\"hidden\")", grad(sum(x), stale));
  CHECK_ERROR("[backward] an input of shape ()", [&] {
    Var loss;
    {
      Tape inner;
      loss = sum(inner.variable(vector({1})));
    }
    tape.backward(loss);
  }());
  CHECK(tape.size() == 2);
  CHECK((x * stale.value()).value() == vector({3, 8}));
}

TEST_CASE("a variable of an outer tape") {
  Tape outer;
  const Var x = outer.variable(scalar(2), "x");
  {
    Tape inner;
    CHECK_ERROR("[exp] an input of shape () (\"x\") was recorded on another tape, outside this one",
                exp(x));
    CHECK(inner.size() == 0);
    CHECK(exp(x.value()) == exp(x.value()));
  }
  CHECK(exp(x).requires_grad());
}

TEST_CASE("what is empty") {
  const Var empty;
  CHECK(!empty);
  CHECK_ERROR("[var] is empty", empty.value());
  CHECK_ERROR("[var] is empty", empty + Var(1));
  Tape tape;
  const Var x = tape.variable(scalar(1));
  CHECK_ERROR("[var] is empty", record("mine", {x, empty}, x.value(),
                                       [](auto& d, auto& g, auto, auto&) { d.add(0, g); }));
  CHECK_ERROR("[var] is empty", tape.backward(empty));
  CHECK_ERROR("[var] is empty", grad(empty, x));

  Parameter p(vector({1, 2}), "w");
  const Parameter moved = std::move(p);
  const char* text = "[parameter] is empty.";
  CHECK(!p);
  CHECK(moved.name() == "w");
  CHECK_ERROR(text, Var(p));
  CHECK_ERROR(text, p * 2);
  CHECK_ERROR(text, p.value());
  CHECK_ERROR(text, p.shape());
  CHECK_ERROR(text, p.initialised());
  CHECK_ERROR(text, p.mutate());
  CHECK_ERROR(text, p.set_value(vector({1, 2})));
  CHECK_ERROR(text, p.gradient());
  CHECK_ERROR(text, p.set_gradient(vector({1, 2})));
  CHECK_ERROR(text, p.clear_gradient());
  CHECK_ERROR(text, p.name());
  CHECK_ERROR(text, p.set_name("v"));
  CHECK(p == Parameter());
}

TEST_CASE("a parameter without values, or given others of another shape") {
  Parameter p = Parameter::uninitialised({2});
  p.set_name("w");
  CHECK(!p.initialised());
  CHECK(p.shape() == Shape{2});
  CHECK_ERROR("[parameter \"w\"] of shape (2) has no values yet. Hint:", p * 2);
  CHECK_ERROR("[parameter \"w\"] of shape (2) has no values yet", p.mutate());
  CHECK_ERROR("[parameter \"w\"] has shape (2), got a value of shape (3).",
              p.set_value(zeros({3})));
  CHECK_ERROR("[parameter \"w\"] has shape (2), got a gradient of shape (1).",
              p.set_gradient(zeros({1})));
  p.set_value(vector({1, 2}));
  CHECK(p.initialised());
  CHECK((p * 2).value() == vector({2, 4}));
}

// ---- lifetimes

TEST_CASE("a parameter that dies before the tape") {
  Tape tape;
  Var y;
  std::optional<Parameter> p(std::in_place, vector({1, 2}), "gone");
  const Var x = *p;
  y = sum(*p * *p);
  p.reset();
  const Parameter next(vector({7, 8}));  // perhaps at the same address
  const Var z = y + sum(next);
  tape.backward(z);
  CHECK(gradient(next) == vector({1, 1}));
  CHECK(grad(z, x).value() == vector({2, 4}));
}

TEST_CASE("values outlive their tape") {
  std::optional<Tape> tape(std::in_place);
  Var y;
  {
    const Var x = tape->variable(vector({1, 2}));
    y = exp(x);
  }
  tape.reset();
  CHECK(near(y.value(), vector({Real(std::exp(1.0)), Real(std::exp(2.0))}), 1e-15));
}

TEST_CASE("the storage of a tape serves the next one, with nothing left in it") {
  struct Witness {
    std::shared_ptr<int> alive;
  };
  const auto alive = std::make_shared<int>(0);
  for (int round = 0; round < 3; ++round) {
    Tape tape;
    CHECK(tape.size() == 0);
    CHECK(tape.parameter_nodes().empty());
    const Parameter p(scalar(2));
    const Witness witness{alive};
    const Var x = p;
    const Var y = record("held", {x}, scalar(1),
                         [witness](auto& d, auto& g, auto, auto&) { d.add(0, g * Real(7)); });
    CHECK(alive.use_count() == 3);
    tape.backward(y);
    CHECK(gradient(p) == scalar(7));
  }
  CHECK(alive.use_count() == 1);
}

TEST_CASE("a rule may be larger than a chunk of the tape's memory") {
  struct Large {
    std::array<Real, 20000> values{};
  };
  Tape tape;
  const Var x = tape.variable(scalar(1));
  Var y = x;
  for (int i = 0; i < 3; ++i) {
    Large large;
    large.values[19999] = Real(i + 2);
    y = record("large", {y}, y.value(),
               [large](auto& d, auto& g, auto, auto&) { d.add(0, g * large.values[19999]); });
    y = y * 1;
  }
  CHECK(grad(y, x).item() == 24);
}

TEST_CASE("a loss added up as a number keeps no tape alive") {
  const Parameter p(scalar(2));
  double total = 0;
  SharedTensor value;
  for (int step = 0; step < 3; ++step) {
    Tape tape;
    const Var loss = p * Real(step);
    total += static_cast<double>(loss.item());
    value = loss.shared();
    CHECK(!value.unique());
  }
  CHECK(total == 6);
  CHECK(value.unique());
  CHECK(Tape::recording() == nullptr);
}

}  // namespace reel::inline REEL_PRECISION
