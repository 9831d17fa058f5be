// Newton's method, full and damped: its rate, the points it converges to, and singular Hessians.
#include <reel/optim/minimize/newton.h>

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include <reel/autodiff/ops/ops.h>

#include "../../../apps/reel_descent/objectives.h"
#include "../../near.h"
#include "../../throws.h"
#include "says.h"

namespace reel::inline REEL_PRECISION {
namespace optim {

using namespace objectives;
namespace {

static_assert(sizeof(Real) == 8, "the tolerances are for double");

// x² − y² + y⁴: a saddle at 0, minima at y = ±1/√2
Var saddle(const Var& t) {
  const Var x = slice(t, 0, 0, 1), y = slice(t, 0, 1, 2);
  return sum(square(x) - square(y) + square(square(y)));
}

}  // namespace

TEST_CASE("newton: one step on a quadratic, of any shape and condition") {
  for (const Method& method : {newton(), damped_newton()}) {
    CAPTURE(method.name);
    for (const double condition : {1.0, 100.0, 1e6}) {
      CAPTURE(condition);
      const Result r = minimize(quadratic(condition, 8), full({8}, 3), method);
      CHECK(r.converged());
      CHECK(r.iterations == 1);
      CHECK(r.evaluations.hessians == 1);
      CHECK(r.evaluations.values == 2);
      CHECK(r.evaluations.gradients == 2);
      CHECK(near(r.theta, full({8}, 1), 0, 1e-14 * condition + 1e-14));
    }
    const auto shifted = [](const Var& x) { return sum(square(x - Real(2))); };
    const Result r = minimize(shifted, zeros({2, 3}), method);
    CHECK(r.iterations == 1);
    CHECK(near(r.theta, full({2, 3}, 2), 1e-15));
    CHECK(minimize(shifted, scalar(7), method).theta == scalar(2));
    CHECK(minimize(shifted, vector({7}), method).theta == vector({2}));
  }
}

TEST_CASE("newton: the error is squared in each step, by f'''/2f'' = 3/11 on the quartic") {
  for (const std::size_t n : {1U, 4U}) {
    const Result r =
        minimize(quartic, full({n}, Real(5.5)), newton(), {.gradient_tolerance = 1e-9});
    CHECK(r.converged());
    CHECK(near(r.theta, full({n}, 5), 1e-14));
    CHECK(near(r.value, -875.0 * static_cast<double>(n), 1e-15));
    std::vector<double> errors;
    for (const Tensor& point : r.history.points())
      errors.push_back(std::abs(static_cast<double>(point(0)) - 5));
    // 0.5, 0.06, 9e-4, 2e-7, 1e-14: with x = 5 + e, f' = 220e + 60e² + 4e³, so eₖ₊₁ = eₖ²·(60 +
    // 8eₖ)/(220 + 120eₖ + 12eₖ²)
    REQUIRE(errors.size() >= 5);
    for (std::size_t k = 0; k + 1 < errors.size(); ++k) {
      const double e = errors[k];
      CHECK(near(errors[k + 1], e * e * (60 + 8 * e) / (220 + 120 * e + 12 * e * e), 0, 5e-15));
    }
    CHECK(near(errors[3] / (errors[2] * errors[2]), 3.0 / 11, 1e-3));
  }
  Problem problem(quartic);
  CHECK(near(problem.hessian(vector({5})), matrix({{220}}), 1e-15));
  CHECK(near(problem.at(vector({5})).gradient, vector({0}), 0, 1e-12));
}

TEST_CASE("newton: converges to what is nearest, a damped one to minima") {
  const Result full_step = minimize(saddle, vector({Real(0.4), Real(0.2)}), newton());
  CHECK(full_step.converged());
  CHECK(near(full_step.theta, zeros({2}), 0, 1e-6));
  CHECK(full_step.value > full_step.history.best_value());
  const Result damped = minimize(saddle, vector({Real(0.4), Real(0.2)}), damped_newton(),
                                 {.gradient_tolerance = 1e-9});
  CHECK(damped.converged());
  CHECK(near(damped.theta, vector({0, std::sqrt(Real(0.5))}), 0, 1e-9));
  // a maximum; each step leads away from it
  const auto hill = [](const Var& x) { return sum(cos(x)); };
  CHECK(near(minimize(hill, vector({Real(0.3)}), newton()).theta, zeros({1}), 0, 1e-6));
  CHECK(near(minimize(hill, vector({Real(0.3)}), damped_newton()).value, -1, 1e-9));
}

TEST_CASE("damped newton: goes down in every step, from anywhere") {
  for (const TestFunction& function : test_functions())
    for (const LineSearch search : {LineSearch::backtracking, LineSearch::strong_wolfe}) {
      CAPTURE(function.name);
      const Result r = minimize(function.f, function.start, damped_newton({.line_search = search}));
      CHECK(r.converged());
      const std::vector<double>& values = r.history.values();
      for (std::size_t i = 1; i < values.size(); ++i) CHECK(values[i] <= values[i - 1]);
      if (function.unimodal) CHECK(near(r.theta, function.minima[0].theta, 1e-5, 1e-5));
    }
}

TEST_CASE("newton: a singular Hessian is said to be one") {
  const auto line = [](const Var& x) { return sum(x); };
  const auto valley = [](const Var& x) { return square(sum(x * vector({Real(0.1), Real(0.3)}))); };
  for (const Objective& f : {Objective(line), Objective(valley)}) {
    const Result r = minimize(f, vector({1, 2}), newton());
    CHECK(r.status == Status::stalled);
    CHECK(says(r, "the Hessian is singular, there is no Newton step after 0 iterations"));
    CHECK(r.history.size() == 1);
    CHECK(r.theta == vector({1, 2}));
  }
  CHECK(minimize(valley, vector({1, 2}), damped_newton()).converged());
  // no lower bound: descends until the limit
  const Result down = minimize(line, vector({1, 2}), damped_newton(), {.iterations = 5});
  CHECK(down.status == Status::iteration_limit);
  CHECK(down.value < -6);
}

TEST_CASE("newton: what is not finite") {
  // the gradient at 0 is 1, the second derivative infinite
  const auto steep = [](const Var& x) { return sum(x + pow(x, Var(1.5))); };
  const Result r = minimize(steep, vector({0}), newton());
  CHECK(r.status == Status::stalled);
  CHECK(says(r, "the Hessian is not finite"));
  CHECK(minimize(steep, vector({0}), damped_newton()).status == Status::stalled);
  // the full step is too far: log of a negative number
  const auto barrier = [](const Var& x) { return sum(x - log(x)); };
  const Result out = minimize(barrier, vector({3}), newton());
  CHECK(out.status == Status::diverged);
  CHECK(out.theta == vector({3}));
  CHECK(out.history.size() == 2);
  CHECK(near(minimize(barrier, vector({3}), damped_newton()).theta, vector({1}), 1e-5));
}

TEST_CASE("newton: an objective that throws, no elements, wrong options") {
  for (const Method& method : {newton(), damped_newton()}) {
    int calls = 0;
    const auto f = [&](const Var& x) {
      if (++calls == 6) throw std::runtime_error("no more");
      return rosenbrock(x);
    };
    const Result r = minimize(f, vector({Real(-1.2), 1}), method);
    CHECK(r.status == Status::failed);
    CHECK(says(r, "no more"));
    CHECK(r.history.size() >= 2);
    CHECK(r.history.size() == r.iterations + 1);
    const auto sphere_of = [](const Var& x) { return sum(square(x)); };
    CHECK(minimize(sphere_of, zeros({0}), method).converged());
    // without a gradient tolerance, from a point where the gradient is zero
    const Result on =
        minimize(sphere_of, zeros({2}), method, {.iterations = 3, .gradient_tolerance = -1});
    CHECK_FALSE(on.converged());
    CHECK(on.theta == zeros({2}));
  }
  CHECK_ERROR("[damped_newton] floor = 0 is not above 0", damped_newton({.floor = 0}));
  CHECK_ERROR("[damped_newton] floor = nan", damped_newton({.floor = std::nan("")}));
  CHECK_ERROR("[damped_newton] floor = 2", damped_newton({.floor = 2}));
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
