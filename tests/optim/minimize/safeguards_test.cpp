// The safeguards of the methods, one by one: restarts of conjugate gradients, BFGS's first matrix,
// undamped first steps, values that are not finite, ties, parts that are equal up to rounding.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <reel/autodiff/engine/derivatives.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/optim/minimize/analysis.h>
#include <reel/optim/minimize/bfgs.h>
#include <reel/optim/minimize/conjugate_gradient.h>
#include <reel/optim/minimize/least_squares.h>
#include <reel/optim/minimize/random_search.h>
#include <reel/optim/minimize/stochastic_relaxation.h>
#include <reel/optim/vectors.h>

#include "../../../apps/reel_descent/objectives.h"
#include "../../near.h"

namespace reel::inline REEL_PRECISION {
namespace optim {

using namespace objectives;
namespace {

static_assert(sizeof(Real) == 8, "the tolerances are for double");

// Whether two vectors have the same direction.
bool parallel(const Tensor& a, const Tensor& b) {
  return near(inner(a, b), length_of(a) * length_of(b), 1e-12);
}

Tensor gradient(const Objective& f, const Tensor& theta) { return Problem(f).at(theta).gradient; }

TEST_CASE("conjugate gradients: steepest again where consecutive gradients hardly differ") {
  // far away, with a loose search, the first step is short and the gradient nearly the same:
  // Polak–Ribière's β would be negative, and Fletcher–Reeves' directions far from conjugate
  using Formula = ConjugateGradientOptions::Formula;
  const Objective f = quadratic(10, 3);
  for (const Formula formula : {Formula::polak_ribiere, Formula::fletcher_reeves}) {
    const Result r =
        minimize(f, vector({100, 300, -200}),
                 conjugate_gradient({.formula = formula, .curvature = 0.99}), {.iterations = 2});
    const std::vector<Tensor>& at = r.history.points();
    REQUIRE(at.size() == 3);
    const Tensor g0 = gradient(f, at[0]), g1 = gradient(f, at[1]);
    REQUIRE(inner(g0, g1) > inner(g1, g1));
    REQUIRE(!parallel(g0, g1));
    CHECK(parallel(at[0] - at[1], g0));
    CHECK(parallel(at[1] - at[2], g1));
  }
}

TEST_CASE("BFGS: the matrix begins as s·y/y·y times one, and is updated by the formula") {
  const Objective f = quadratic(50, 3);
  const Result r = minimize(f, vector({3, -1, 4}), bfgs(), {.iterations = 2});
  const std::vector<Tensor>& at = r.history.points();
  REQUIRE(at.size() == 3);
  const Tensor g0 = gradient(f, at[0]), g1 = gradient(f, at[1]);
  const Tensor s = at[1] - at[0], y = g1 - g0;
  // B·g = (1 − ρsyᵀ)·γ·(1 − ρysᵀ)·g + ρs·(s·g)
  const double rho = 1 / inner(s, y), gamma = inner(s, y) / inner(y, y);
  const Tensor u = along(g1, -rho * inner(s, g1), y);
  Tensor d = along(u, -rho * inner(y, u), s);
  d *= static_cast<Real>(gamma);
  add_to(d, rho * inner(s, g1), s);
  CHECK(parallel(at[1] - at[2], d));
}

TEST_CASE("levenberg_marquardt: linear residuals take one step, nearly linear ones hardly more") {
  for (const double condition : {1.0, 10.0, 1e6}) {
    CAPTURE(condition);
    const Result r = minimize_least_squares(quadratic_residuals(condition, 8), zeros({8}),
                                            levenberg_marquardt());
    CHECK(r.converged());
    CHECK(r.iterations == 1);
    CHECK(r.evaluations.jacobians == 2);
    CHECK(r.evaluations.values == 2);
  }
  // after a damped step, it uses Gauss-Newton again where the model is right
  const auto bent = [](const Var& x) {
    const Var a = slice(x, 0, 0, 1), b = slice(x, 0, 1, 2);
    return concatenate({10 * (b - square(a)), 1 - a});
  };
  const Result r = minimize_least_squares(bent, vector({Real(-1.2), 1}), levenberg_marquardt(),
                                          {.gradient_tolerance = 1e-12});
  const std::vector<double>& values = r.history.values();
  CHECK(r.evaluations.values > r.evaluations.jacobians);  // steps were rejected
  CHECK(values[values.size() - 1] <= 1e-6 * values[values.size() - 2]);
  CHECK(values[values.size() - 2] <= 1e-2 * values[values.size() - 3]);
}

TEST_CASE(
    "random_search, hill_climbing: minus infinity is not the best, and the first of equals is") {
  const Real infinite = std::numeric_limits<Real>::infinity();
  const auto hole = [=](const Var& x) {
    return x.value().data()[0] < 0 ? Var(-infinite) : sum(square(x));
  };
  const auto plateau = [](const Var& x) { return Var(std::round(x.value().data()[0])); };
  for (const Method& method : {random_search(), hill_climbing({.deviation = 0.8})}) {
    const Result r = minimize(hole, vector({1}), method, {.iterations = 400});
    const std::vector<double>& values = r.history.values();
    CHECK(std::count(values.begin(), values.end(), -HUGE_VAL) > 0);
    CHECK(r.status == Status::iteration_limit);
    CHECK(r.value >= 0);
    CHECK(r.value < 0.01);
    CHECK(r.theta == r.history.best_theta());
    const auto bounded = [&](const Var& x) { return square(plateau(x)); };
    const Result flat = minimize(bounded, vector({3}), method, {.iterations = 400});
    CHECK(flat.value == flat.history.best_value());
    CHECK(flat.theta == flat.history.best_theta());
  }
}

TEST_CASE("stochastic_relaxation: calls f with constants, off the tape, as often as it says") {
  for (const bool elementwise : {false, true})
    for (const std::size_t samples : {1U, 2U, 5U}) {
      std::size_t calls = 0;
      const auto f = [&](const Var& x) {
        ++calls;
        CHECK_FALSE(x.requires_grad());
        CHECK(Tape::recording() == nullptr);
        return exp(x);
      };
      const Objective smooth =
          stochastic_relaxation(f, {.samples = samples, .elementwise = elementwise});
      Tape tape;
      const Var y = smooth(tape.variable(vector({0, 1})));
      CHECK(y.requires_grad());
      CHECK(calls == 1 + (samples + 1) / 2 * 2);
      // σ = 0.2: a pair of shifts gives eˣ·cosh(0.2ε) ≥ eˣ
      CHECK(y.value()(0) > 1);
      CHECK(y.value()(1) > std::exp(1));
      CHECK(y.value()(1) < 4 * std::exp(1));
    }
}

TEST_CASE("stochastic_relaxation: second derivatives, elementwise and of all dimensions") {
  // of x³: E f″ = 6x, from squares of shifts; the standard error is about 6x·√(20/samples)
  const auto cubes = [](const Var& x) { return x * square(x); };
  const Tensor at = vector({Real(0.5), 1, 2});
  for (const bool elementwise : {false, true}) {
    const Objective smooth = stochastic_relaxation(
        elementwise ? Objective(cubes) : [&](const Var& x) { return sum(cubes(x)); },
        {.deviation = 0.5, .samples = 40'000, .elementwise = elementwise});
    const Tensor h = hessian([&](const Var& x) { return sum(smooth(x)); })(at).value();
    for (std::size_t i = 0; i < 3; ++i) {
      CAPTURE(i);
      CHECK(near(h(i, i), 6 * at(i), 0.15, elementwise ? 0.1 : 1.5));
      for (std::size_t j = 0; j < i; ++j) {
        CHECK(near(h(i, j), 0, 0, elementwise ? 0 : 1.5));
        CHECK(near(h(i, j), h(j, i), 1e-9, 1e-12));
      }
    }
  }
}

TEST_CASE("analysis: singular to rounding, and NaN between the ends of a box") {
  const Tensor v = vector({Real(0.1), Real(0.3), Real(0.7)});
  Tensor outer = uninitialized({3, 3});
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) outer(i, j) = v(i) * v(j);
  CHECK(condition_number(outer) == HUGE_VAL);
  CHECK(classify(outer) == CriticalPoint::semidefinite);
  for (std::size_t i = 0; i < 3; ++i) outer(i, i) += Real(1e-9);
  CHECK(near(condition_number(outer), 0.59e9, 1e-5));
  // √(x² − 1) has no value and no slope in (−1, 1)
  const auto gap = [](const Var& x) { return sum(sqrt(square(x) - 1)); };
  Rng rng(1);
  CHECK(std::isnan(lipschitz_constant(gap, vector({-2}), vector({2}), 50, rng)));
  CHECK(std::isfinite(lipschitz_constant(gap, vector({-2}), vector({2}), 0, rng)));
}

TEST_CASE("classify: a hidden unit split in two is a saddle of the larger network, or flat") {
  // the best fit of y = v·tanh(w·x), split into λv·tanh(wx) + (1 − λ)v·tanh(wx), is critical for
  // every λ, flat along λ, and a saddle either inside or outside of (0, 1): Fukumizu and Amari,
  // Neural Networks 13, 2000
  const Tensor x = vector({-2, -1, Real(-0.5), Real(0.5), 1, 2}),
               y = vector({Real(-1.3), Real(-0.6), Real(-0.5), Real(0.2), Real(0.8), Real(0.9)});
  const auto net = [=](std::size_t units) -> Objective {
    return [=](const Var& t) {
      Var out = zeros({6});
      for (std::size_t k = 0; k < units; ++k)
        out = out + slice(t, 0, units + k, units + k + 1) * tanh(slice(t, 0, k, k + 1) * x);
      return sum(square(out - y));
    };
  };
  const Result one = minimize(net(1), vector({1, 1}), bfgs(), {.gradient_tolerance = 1e-11});
  REQUIRE(one.converged());
  CHECK(classify(net(1), one.theta) == CriticalPoint::minimum);
  const Real w = one.theta(0), v = one.theta(1);
  const auto split = [&](Real part) {
    return classify(net(2), vector({w, w, part * v, (1 - part) * v}));
  };
  const CriticalPoint inside = split(Real(0.4)), outside = split(Real(1.7));
  CHECK((inside == CriticalPoint::saddle) != (outside == CriticalPoint::saddle));
  CHECK((inside == CriticalPoint::semidefinite) != (outside == CriticalPoint::semidefinite));
  // the units exchanged: the same kind
  CHECK(split(Real(0.6)) == inside);
  CHECK(split(Real(-0.7)) == outside);
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
