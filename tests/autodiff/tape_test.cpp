// The tape: what it records, what it refuses, and the backward pass.
#include <reel/autodiff/tape.h>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <reel/autodiff/grad.h>
#include <reel/autodiff/ops.h>

#include "../near.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace {

const Tensor& gradient(const Parameter& p) {
  REQUIRE(p.gradient());
  return *p.gradient();
}

// A user's own operation: y = x³, y' = 3x².
Var cube(const Var& x) {
  const Tensor& v = x.value();
  return record("cube", {x}, v * v * v,
                [](auto& d, auto& g, auto in, auto&) { d.add(0, Real(3) * g * in[0] * in[0]); });
}

// The identity, whose rule counts its calls, or throws.
Var counted(const Var& x, int& calls) {
  return record("counted", {x}, x.value(), [&calls](auto& d, auto& g, auto, auto&) {
    ++calls;
    d.add(0, g);
  });
}

Var failing(const Var& x) {
  return record("failing", {x}, x.value(),
                [](auto&, auto&, auto, auto&) { throw std::runtime_error("a rule gave up"); });
}

}  // namespace

// ---- what is recorded

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
    CHECK_ERROR("[tape] a variable belongs on the innermost tape", outer.variable(scalar(1)));
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

// ---- what is refused

TEST_CASE("a variable of a tape that is gone") {
  Var stale, unnamed;
  {
    Tape tape;
    stale = tape.variable(vector({1, 2}), "hidden");
    unnamed = exp(stale);
  }
  CHECK(stale.value() == vector({1, 2}));
  CHECK(!exp(stale).requires_grad());  // without a tape it is a value like any other
  Tape tape;
  const Var x = tape.variable(vector({3, 4}));
  CHECK_ERROR("[multiply] an input of shape (2) (\"hidden\") was recorded on a tape that is gone",
              x * stale);
  CHECK_ERROR("[tanh] an input of shape (2) was recorded on a tape that is gone", tanh(unnamed));
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
  CHECK_ERROR("[parameter \"w\"] has no values yet. Hint:", p * 2);
  CHECK_ERROR("[parameter \"w\"] has no values yet", p.mutate());
  CHECK_ERROR("[parameter \"w\"] has shape (2), got a value of shape (3).",
              p.set_value(zeros({3})));
  CHECK_ERROR("[parameter \"w\"] has shape (2), got a gradient of shape (1).",
              p.set_gradient(zeros({1})));
  p.set_value(vector({1, 2}));
  CHECK(p.initialised());
  CHECK((p * 2).value() == vector({2, 4}));
}

TEST_CASE("losses that cannot be differentiated") {
  const Parameter p(vector({1, 2}));
  Tape tape;
  CHECK_ERROR("[backward] the loss has shape (2), not that of one number. Hint: sum or average it.",
              tape.backward(p * 2));
  CHECK_ERROR("[backward] the loss has shape (0)", tape.backward(Var(vector({}))));
  CHECK_ERROR("[backward] the loss depends on no parameter of this tape.", tape.backward(Var(3)));
  CHECK(!p.gradient());
  tape.backward(reshape(sum(p), {1, 1}));  // one number in any shape will do
  CHECK(gradient(p) == vector({1, 1}));
}

TEST_CASE("a value that changed after it was recorded") {
  Parameter w(vector({1, 2}), "w"), b(vector({1, 1}));
  const auto changed = [&](Parameter& p) {
    Tape tape;
    const Var loss = sum(w * w + b);
    p.mutate()(0) += 1;
    return message_of([&] { tape.backward(loss); });
  };
  CHECK(changed(w).starts_with(
      "[multiply] an input of shape (2) (\"w\") was changed after it was recorded. Hint: "));
  CHECK(changed(b).starts_with("[add] an input of shape (2) was changed after it was recorded."));
  CHECK(!w.gradient());
  CHECK(!b.gradient());
  {
    Tape tape;
    const Var loss = sum(w * w);
    w.set_value(vector({0, 0}));
    CHECK_ERROR("(\"w\") was changed", tape.backward(loss));
    CHECK_ERROR("(\"w\") was changed", grad(loss, Var(w), {.create_graph = true}));
    // what is computed from the new value is fine, and what does not need the old one too
    tape.backward(sum(w * vector({3, 4})));
  }
  CHECK(gradient(w) == vector({3, 4}));
}

// ---- the backward pass

TEST_CASE("a value used twice gets the sum of both") {
  const Parameter p(vector({2, -3}));
  Tape tape;
  tape.backward(sum(p * p + p));
  CHECK(gradient(p) == vector({5, -5}));
  CHECK(tape.parameter_nodes().size() == 1);
}

TEST_CASE("diamonds") {
  // y = a·b + a/b with a = eˣ, b = x²: y' = a(b + 2x) + a/b·(1 − 2/x)
  Tape tape;
  const Var x = tape.variable(scalar(Real(1.5)));
  const Var a = exp(x), b = x * x;
  const double e = std::exp(1.5);
  CHECK(near(grad(a * b + a / b, x).item(), e * (2.25 + 3) + e / 2.25 * (1 - 2 / 1.5), 1e-14));
  // a chain of diamonds: 2ⁿ paths
  Var y = x;
  for (int i = 0; i < 50; ++i) y = y * Real(0.5) + y * Real(0.5);
  CHECK(grad(y, x).item() == 1);
}

TEST_CASE("x = x·x sixty times visits each node once") {
  Tape tape;
  const Var x = tape.variable(scalar(1));
  Var y = x;
  int calls = 0;
  for (int i = 0; i < 60; ++i) y = counted(y * y, calls);
  CHECK(tape.size() == 121);
  CHECK(grad(y, x).item() == 0x1p60);
  CHECK(calls == 60);
}

TEST_CASE("a chain of a million operations") {
  const Parameter p(scalar(1));
  constexpr int n = 1'000'000;
  {
    Tape tape;
    Var y = p;
    for (int i = 0; i < n; ++i) y = y + Real(1);
    CHECK(y.item() == n + 1);
    CHECK(tape.size() == n + 1);
    tape.backward(y);
    CHECK(grad(y, Var(p)).item() == 1);
  }
  CHECK(gradient(p) == scalar(1));
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

TEST_CASE("backward adds, and leaves alone what the loss does not depend on") {
  const Parameter used(vector({1, 2})), unreached(vector({1})), later(vector({1})),
      unused(vector({1}));
  Tape tape;
  const Var dead = unreached * 2;
  const Var loss = sum(used * 3);
  const Var after = later * 2;
  tape.backward(loss);
  CHECK(gradient(used) == vector({3, 3}));
  tape.backward(loss);
  CHECK(gradient(used) == vector({6, 6}));
  tape.backward(sum(used * 1));
  CHECK(gradient(used) == vector({7, 7}));
  for (const Parameter& p : {unreached, later, unused}) CHECK(!p.gradient());
}

TEST_CASE("a second sweep sees nothing of the first") {
  const Parameter p(vector({1, 2}));
  Tape tape;
  const Var h = tanh(p * p);
  const Var y = sum(h * h);
  const Tensor first = grad(y, Var(p)).value();
  CHECK(grad(y, Var(p)).value() == first);
  CHECK(grad(y, h).value() == 2 * h.value());
  CHECK(grad(y, Var(p)).value() == first);
  tape.backward(y);
  tape.backward(y);
  CHECK(gradient(p) == first + first);
}

TEST_CASE("a parameter as the loss") {
  const Parameter p(scalar(3));
  Tape tape;
  tape.backward(p);
  CHECK(gradient(p) == scalar(1));
  tape.backward(p);
  CHECK(gradient(p) == scalar(2));
}

TEST_CASE("gradients that a sweep shares become independent") {
  const Parameter a(vector({1, 2})), b(vector({3, 4}));
  const Var weight = vector({5, 6});
  for (int round = 1; round <= 2; ++round) {
    Tape tape;
    tape.backward(sum((a + b) * weight));
    CHECK(a.gradient().identity() != b.gradient().identity());
    CHECK(gradient(a) == Real(round) * weight.value());
    CHECK(gradient(b) == Real(round) * weight.value());
  }
  a.gradient().mutate()(0) = 100;
  CHECK(gradient(b) == vector({10, 12}));
  // a gradient that somebody else holds is not changed under him
  const SharedTensor held = b.gradient();
  {
    Tape tape;
    tape.backward(sum(b));
  }
  CHECK(*held == vector({10, 12}));
  CHECK(gradient(b) == vector({11, 13}));
}

TEST_CASE("a seed that is passed on is not changed") {
  Tape tape;
  const Var x = tape.variable(vector({1, 2}));
  const Var seed = vector({3, 4});
  CHECK(grad(x + x + x, x, {.seed = seed}).value() == vector({9, 12}));
  CHECK(seed.value() == vector({3, 4}));
}

TEST_CASE("a backward pass that throws changes no gradient") {
  const Parameter a(vector({1, 2})), b(vector({3, 4}));
  Tape tape;
  tape.backward(sum(a));
  // the sweep reaches b's gradient before the rule that throws, and a's not at all
  const Var y = sum(failing(a) + b * 2);
  CHECK_THROWS_AS(tape.backward(y), std::runtime_error);
  CHECK(gradient(a) == vector({1, 1}));
  CHECK(!b.gradient());
  CHECK_THROWS_AS(grad(y, Var(a)), std::runtime_error);
  CHECK_THROWS_AS(grad(y, Var(a), {.create_graph = true}), std::runtime_error);
  // the tape goes on
  CHECK(Tape::recording() == &tape);
  tape.backward(sum(b * 2));
  CHECK(gradient(b) == vector({2, 2}));
  CHECK(grad(y, Var(b)).value() == vector({2, 2}));
}

TEST_CASE("a rule that hands over the wrong shape") {
  const Parameter p(vector({1, 2}));
  Tape tape;
  const Var x = p;
  const Var y =
      record("odd", {x}, scalar(1), [](auto& d, auto&, auto, auto&) { d.add(0, zeros({3})); });
  CHECK_ERROR("shapes (3) and (2) don't broadcast", tape.backward(y));
  CHECK_ERROR("shapes (3) and (2) don't broadcast", grad(y, Var(p), {.create_graph = true}));
  CHECK(!p.gradient());
}

// ---- lifetimes

TEST_CASE("a parameter that dies before the tape") {
  Tape tape;
  Var y;
  std::optional<Parameter> p(std::in_place, vector({1, 2}), "gone");
  const Var x = *p;
  y = sum(*p * *p);
  p.reset();
  const Parameter next(vector({7, 8}));  // perhaps in the same memory
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

// ---- a user's own operations

TEST_CASE("an operation of one's own has derivatives of any order") {
  Tape tape;
  const Var x = tape.variable(vector({2, -3}));
  const Var y = cube(x);
  CHECK(y.value() == vector({8, -27}));
  CHECK(grad(sum(y), x).value() == vector({12, 27}));
  const Var first = grad(sum(y), x, {.create_graph = true});
  CHECK(first.value() == vector({12, 27}));
  const Var second = grad(sum(first), x, {.create_graph = true});
  CHECK(second.value() == vector({12, -18}));
  CHECK(grad(sum(second), x).value() == vector({6, 6}));
  CHECK(std::string(tape.node(1).operation) == "cube");
}

TEST_CASE("a rule can skip what nobody wants") {
  Tape tape;
  const Var x = tape.variable(scalar(2)), w = tape.variable(scalar(3));
  bool wanted[3] = {};
  const Var y =
      record("three", {x, w, Var(5)}, scalar(30), [&wanted](auto& d, auto& g, auto, auto&) {
        for (std::size_t i = 0; i < 3; ++i) wanted[i] = d.wants(i);
        d.add(0, g * Real(15));
        d.add(1, g * Real(10));
        d.add(2, g * Real(6));
      });
  CHECK(grad(y, w).item() == 10);
  CHECK(!wanted[0]);
  CHECK(wanted[1]);
  CHECK(!wanted[2]);
  const auto both = grad(y, {x, w});
  CHECK(both[0].item() == 15);
  CHECK(wanted[0]);
  CHECK(!wanted[2]);
}

}  // namespace reel::inline REEL_PRECISION
