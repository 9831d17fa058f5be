// The backward pass: its results, how often it runs a rule, and the errors it throws.
#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/observer.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/ops.h>

#include "../near.h"
#include "../throws.h"
#include "gradient.h"

namespace reel::inline REEL_PRECISION {
namespace {

// The identity; its rule counts its calls, or throws.
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

// Records the operations whose rules run, in order.
struct RulesRun : Observer {
  void rule_begins(const OperationEvent& event) override { ran.emplace_back(event.operation); }
  std::vector<std::string> ran;
};

using Names = std::vector<std::string>;

}  // namespace

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

TEST_CASE("a sweep runs each rule once, in either world") {
  Tape tape;
  const Var x = tape.variable(scalar(1));
  Var y = x;
  for (int i = 0; i < 60; ++i) y = y * y;
  CHECK(tape.size() == 61);
  for (const bool create_graph : {false, true}) {
    const RulesRun rules;
    CHECK(grad(y, x, {.create_graph = create_graph}).item() == 0x1p60);
    CHECK(rules.ran.size() == 60);
  }
}

TEST_CASE("a sweep runs the rules from the last to the first, and only those that are of use") {
  const Parameter w(scalar(2));
  Tape tape;
  const Var x = tape.variable(scalar(1));
  const Var a = exp(x), b = sin(w * 1), c = cos(x);
  const Var y = a + b;
  const Var later = tan(y);
  const auto rules_of = [](const auto& differentiate) {
    const RulesRun rules;
    differentiate();
    return rules.ran;
  };
  CHECK(rules_of([&] { grad(y, x); }) == Names{"add", "exp"});
  CHECK(rules_of([&] { grad(y, Var(w)); }) == Names{"add", "sin", "multiply"});
  CHECK(rules_of([&] { grad(y, {b, x}); }) == Names{"add", "sin", "exp"});
  CHECK(rules_of([&] { tape.backward(y); }) == Names{"add", "sin", "multiply", "exp"});
  CHECK(rules_of([&] { grad(c, Var(w)); }).empty());
  CHECK(rules_of([&] { grad(x, x); }).empty());
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

TEST_CASE("a long chain differentiated twice") {
  Tape tape;
  const Var x = tape.variable(scalar(1));
  Var y = x * x;
  for (int i = 0; i < 100'000; ++i) y = y * 1;
  const Var slope = grad(y, x, {.create_graph = true});
  CHECK(slope.item() == 2);
  CHECK(grad(slope, x).item() == 2);
}

TEST_CASE("a gradient in the loss") {
  // f = Σ w·x³; the loss Σ(∂f/∂x)² = Σ 9w²x⁴ has the derivative 18·w·Σx⁴ with respect to w
  const Parameter w(scalar(2));
  Tape tape;
  const Var x = tape.variable(vector({1, -2}));
  const Var slope = grad(sum(w * x * x * x), x, {.create_graph = true});
  tape.backward(sum(slope * slope));
  CHECK(gradient(w) == scalar(18 * 2 * 17));
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

TEST_CASE("a second backward pass gives the numbers of the first, bit for bit") {
  const Parameter w(matrix({{0.3, -0.7, 1.1}, {0.9, 0.2, -0.4}}), "w"), b(vector({0.1, -0.3}), "b");
  const Var images = matrix({{1, 2, 3}, {-0.5, 0.25, 7}, {0.1, 0.2, 0.3}});
  Tape tape;
  const Var h = tanh(affine(images, w, b));
  const Var loss = softmax_cross_entropy(h * h + h, Labels{0, 1, 1});
  const auto pass = [&] {
    for (Parameter p : {w, b}) p.clear_gradient();
    tape.backward(loss);
    return std::pair(gradient(w), gradient(b));
  };
  const auto first = pass();
  CHECK(pass() == first);
  grad(loss, h, {.create_graph = true});
  CHECK(pass() == first);
  const auto asked = grad(loss, std::vector<Parameter>{w, b});
  CHECK(asked[0].value() == first.first);
  CHECK(asked[1].value() == first.second);
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
  // a gradient with another owner is replaced, not changed
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
  // the sweep reaches b's gradient before the rule that throws; it never reaches a's
  const Var y = sum(failing(a) + b * 2);
  CHECK_THROWS_AS(tape.backward(y), std::runtime_error);
  CHECK(gradient(a) == vector({1, 1}));
  CHECK(!b.gradient());
  CHECK_THROWS_AS(grad(y, Var(a)), std::runtime_error);
  CHECK_THROWS_AS(grad(y, Var(a), {.create_graph = true}), std::runtime_error);
  // the tape can still be used
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

// ---- errors

TEST_CASE("losses that cannot be differentiated") {
  const Parameter p(vector({1, 2}));
  Tape tape;
  CHECK_ERROR("[backward] the loss has shape (2), expected one element. Hint: sum or average it.",
              tape.backward(p * 2));
  CHECK_ERROR("[backward] the loss has shape (0)", tape.backward(Var(vector({}))));
  CHECK_ERROR("[backward] the loss depends on no parameter of this tape.", tape.backward(Var(3)));
  CHECK(!p.gradient());
  tape.backward(reshape(sum(p), {1, 1}));  // one element in any shape is allowed
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
    // operations on the new value work, and so do those that do not need the old one
    tape.backward(sum(w * vector({3, 4})));
  }
  CHECK(gradient(w) == vector({3, 4}));
}

TEST_CASE("each mistake has its own message") {
  Parameter w(vector({1, 2}), "w");
  Var stale_loss, stale, elsewhere;
  {
    Tape gone;
    stale = gone.variable(vector({1, 2}), "x");
    stale_loss = sum(stale);
  }
  std::thread([&] {
    Tape other;
    elsewhere = sum(other.variable(vector({1, 2})));
  }).join();
  const auto message = [](const auto& f) { return message_of(f); };
  CHECK(message([&] { grad(stale_loss, stale); }) ==
        "[grad] no tape is alive. Hint: make a Tape before the computation to differentiate.");
  Tape tape;
  const Var loss = sum(w * w);
  CHECK(message([&] { tape.backward(stale_loss); }) ==
        "[backward] an input of shape () was recorded on a tape that has ended, or of another "
        "thread. Hint: record it on this tape, or pass its value().");
  CHECK(message([&] { tape.backward(elsewhere); }) ==
        "[backward] an input of shape () was recorded on a tape that has ended, or of another "
        "thread. Hint: record it on this tape, or pass its value().");
  CHECK(message([&] { grad(loss, stale); }) ==
        "[grad] an input of shape (2) (\"x\") was recorded on a tape that has ended, or of another "
        "thread. Hint: record it on this tape, or pass its value().");
  CHECK(message([&] { tape.backward(w * 1); }) ==
        "[backward] the loss has shape (2), expected one element. Hint: sum or average it.");
  CHECK(message([&] { tape.backward(stop_gradient(loss)); }) ==
        "[backward] the loss depends on no parameter of this tape. Hint: was it computed before "
        "the tape was made, or under NoTape? If it was computed from a gradient, ask for that one "
        "with {.create_graph = true}.");
  CHECK(message([&] { grad(w * 1, Var(w)); }) ==
        "[grad] y has shape (2), and only a scalar has a gradient. Hint: sum it, or give a seed.");
  CHECK(message([&] { grad(loss, loss.shared()); }) ==
        "[grad] x 0 of shape () is a constant. Hint: make it with tape.variable(…), or a "
        "Parameter.");
  {
    Tape inner;
    CHECK(message([&] { tape.backward(loss); }) ==
          "[backward] another tape is alive inside this one. Hint: end that one first.");
    CHECK(message([&] { inner.backward(loss); }) ==
          "[backward] an input of shape () was recorded on another tape, outside this one. Hint: "
          "record it on this tape, or pass its value().");
  }
  w.mutate()(0) = 5;
  CHECK(message([&] { tape.backward(loss); }) ==
        "[multiply] an input of shape (2) (\"w\") was changed after it was recorded. Hint: "
        "differentiate before the optimiser's step.");
  CHECK(!w.gradient());
}

}  // namespace reel::inline REEL_PRECISION
