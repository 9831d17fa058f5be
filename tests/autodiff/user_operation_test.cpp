// Operations that a user defines outside the library: a value and one rule.
#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/inspect/check.h>
#include <reel/autodiff/ops/activation.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/reduction.h>

#include "../near.h"
#include "../throws.h"

namespace {

using reel::Real;
using reel::SharedTensor;
using reel::Tensor;
using reel::Var;

// y = x³, y' = 3x²
Var cube(const Var& x) {
  const Tensor& v = x.value();
  return reel::record("cube", {x}, v * v * v, [](auto& d, auto& g, auto in, auto&) {
    d.add(0, Real(3) * g * in[0] * in[0]);
  });
}

// y = c·tanh(x/c): nearly x, and never beyond ±c. y' = 1 − (y/c)²
Var softcap(const Var& x, Real c) {
  return reel::record(
      "softcap", {x}, c * xt::tanh(x.value() / c),
      [c](auto& d, auto& g, auto, auto& y) { d.add(0, g * (1 - y * y / (c * c))); });
}

// y = x/√(1 + x²), a smooth sign function: y' = (1 + x²)^−3/2
Var smooth_sign(const Var& x) {
  const Tensor& v = x.value();
  return reel::record(
      "smooth_sign", {x}, v / xt::sqrt(1 + v * v),
      [](auto& d, auto& g, auto in, auto&) { d.add(0, g * pow(1 + in[0] * in[0], Real(-1.5))); });
}

// y = x·s with s = 1/(1 + e^−βx), broadcast: ∂y/∂x = s(1 + βx(1 − s)), ∂y/∂β = x²·s(1 − s)
Var swish(const Var& x, const Var& beta) {
  return reel::record(
      "swish", {x, beta}, x.value() / (1 + xt::exp(-beta.value() * x.value())),
      [](auto& d, auto& g, auto in, auto&) {
        d.add(0, g * (1 + in[1] * in[0] / (1 + exp(in[1] * in[0]))) / (1 + exp(-in[1] * in[0])));
        d.add(1, g * in[0] * in[0] / ((1 + exp(in[1] * in[0])) * (1 + exp(-in[1] * in[0]))));
      });
}

// y = Σ w·x² for constant weights: y' = 2w·x
Var weighted_square(const Var& x, const SharedTensor& weights) {
  return reel::record("weighted_square", {x}, reel::sum(*weights * x.value() * x.value()),
                      [weights](auto& d, auto& g, auto in, auto&) {
                        d.add(0, Real(2) * g * d.constant(weights) * in[0]);
                      });
}

// y = a·b·c; terms that its derivatives share are evaluated once
Var product_of_three(const Var& a, const Var& b, const Var& c) {
  return reel::record("product_of_three", {a, b, c}, a.value() * b.value() * c.value(),
                      [](auto& d, auto& g, auto in, auto&) {
                        const auto& ga = d.materialise(g * in[0]);
                        const auto& gb = d.materialise(g * in[1]);
                        const auto& gab = d.materialise(ga * in[1]);
                        d.add(0, gb * in[2]);
                        d.add(1, ga * in[2]);
                        d.add(2, gab);
                      });
}

// Two wrong operations: one has a wrong derivative, the other a wrong second derivative.
Var wrong_softcap(const Var& x, Real c) {
  return reel::record("softcap", {x}, c * xt::tanh(x.value() / c),
                      [c](auto& d, auto& g, auto, auto& y) { d.add(0, g * (1 - y * y / c)); });
}
Var square_of_a_copy(const Var& x) {
  return reel::record(
      "square", {x}, x.value() * x.value(),
      [copy = x.shared()](auto& d, auto& g, auto, auto&) { d.add(0, 2 * g * d.constant(copy)); });
}

using Vars = std::span<const Var>;

const Tensor five_points = reel::vector({-3, -0.5, 0, 1, 4});

}  // namespace

namespace reel::inline REEL_PRECISION {

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

TEST_CASE("operations of one's own pass the check") {
  const std::vector<std::pair<CheckedFunction, std::vector<Tensor>>> cases{
      {[](Vars v) { return softcap(v[0], 2); }, {five_points}},
      {[](Vars v) { return smooth_sign(v[0]); }, {five_points}},
      {[](Vars v) {
         return weighted_square(v[0], vector({1, 2, -3, 0.5, 4}));
       },
       {five_points}},
      {[](Vars v) { return swish(v[0], v[1]); }, {five_points, vector({1, 0.5, 2, -1, 0.25})}}};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(i);
    const CheckReport report = check_gradients(cases[i].first, cases[i].second, {.order = 2});
    CHECK_MESSAGE(report.ok, report.describe());
  }
  // third order: of c·tanh(x/c) at 0 it is −2/c²
  const auto f = [](const Var& x) { return softcap(x, 2); };
  CHECK(near(grad(grad(grad(f)))(Var(0)).item(), -0.5, 1e-15));
  CHECK(near(f(Var(1e6)).item(), 2, 1e-15));
}

TEST_CASE("a rule may hold what it needs more than once, up to a bound") {
  const std::vector<Tensor> five_points{reel::vector({1, -2, 0.5}), reel::vector({3, 0.25, 2}),
                                        reel::vector({-1, 4, 1.5})};
  const auto f = [](std::span<const Var> x) { return product_of_three(x[0], x[1], x[2]); };
  const auto report = reel::check_gradients(f, five_points, {.order = 2});
  CHECK_MESSAGE(report.ok, report.describe());
  reel::Tape tape;
  const Var x = tape.variable(five_points[0]);
  const Var greedy =
      reel::record("greedy", {x}, Tensor(x.value()), [](auto& d, auto& g, auto, auto&) {
        for (int i = 0; i < 5; ++i) d.add(0, d.materialise(g * Real(2)));
      });
  CHECK_ERROR("[materialise] a rule asks for too many tensors", reel::grad(reel::sum(greedy), x));
}

TEST_CASE("an operation of one's own may broadcast") {
  const CheckReport report =
      check_gradients([](Vars v) { return swish(v[0], v[1]); },
                      {matrix({{-1, 0.5, 2}, {0.25, -2, 1}}), vector({0.5, 1, 2})}, {.order = 2});
  CHECK_MESSAGE(report.ok, report.describe());
  const Parameter beta(scalar(1), "beta");
  Tape tape;
  const Var x = tape.variable(five_points);
  const Var y = swish(x, beta);
  CHECK(std::string_view(tape.node(2).operation) == "swish");
  CHECK(near(y.value(), silu(Var(five_points)).value(), 1e-15));
  tape.backward(sum(y));
  double slope = 0;  // Σ x²·s(1 − s)
  for (const Real v : five_points) slope += v * v / (2 + std::exp(-v) + std::exp(v));
  CHECK(near(item(*beta.gradient()), slope, 1e-14));
}

TEST_CASE("a tensor that a rule captured is kept with the tape") {
  SharedTensor weights = vector({1, 2, 3, 4, 5});
  {
    Tape tape;
    const Var x = tape.variable(five_points);
    const Var y = weighted_square(x, weights);
    CHECK(!weights.unique());
    CHECK(grad(y, x).value() == 2 * *weights * five_points);
    const Var slope = grad(y, x, {.create_graph = true});
    CHECK(grad(sum(slope), x).value() == 2 * *weights);
  }
  CHECK(weights.unique());
}

TEST_CASE("a derivative that is wrong is found") {
  const auto check = [&](const CheckedFunction& f, int order) {
    return check_gradients(f, {five_points}, {.order = order});
  };
  const CheckReport first = check([](Vars v) { return wrong_softcap(v[0], 2); }, 1);
  CHECK(!first.ok);
  CHECK(first.order == 1);
  const CheckedFunction copied = [](Vars v) { return square_of_a_copy(v[0]); };
  CHECK(check(copied, 1).ok);
  const CheckReport second = check(copied, 2);
  CHECK(!second.ok);
  CHECK(second.order == 2);
  CHECK(second.analytic == 0);
  CHECK(second.fault ==
        "the derivative of \"square\" (5) → (5), operation 1 of 1, which is a "
        "constant that changes with x");
}

TEST_CASE("errors carry the operation's name") {
  Tape tape;
  const Var x = tape.variable(five_points);
  CHECK_ERROR("[var] is empty", softcap(Var(), 1));
  Var stale;
  {
    Tape inner;
    stale = inner.variable(five_points);
    CHECK_ERROR("[softcap] an input of shape (5) was recorded on another tape", softcap(x, 1));
  }
  CHECK_ERROR("[swish] an input of shape (5) was recorded on a tape that has ended",
              swish(x, stale));
  const Var y = sum(softcap(x, 1));
  x.shared().mutate()(0) = 5;
  CHECK_ERROR("[softcap] an input of shape (5) was changed", grad(y, x));
}

}  // namespace reel::inline REEL_PRECISION
