// Gauss-Newton and Levenberg-Marquardt.
#include <reel/optim/minimize/least_squares.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <reel/autodiff/ops/ops.h>
#include <reel/optim/minimize/random_restart.h>

#include "../../../apps/reel_descent/objectives.h"
#include "../../near.h"
#include "../../throws.h"
#include "says.h"

namespace reel::inline REEL_PRECISION {
namespace optim {

using namespace objectives;
namespace {

static_assert(sizeof(Real) == 8, "the tolerances are for double");

const Tensor three = vector({0, 1, 2}), heights = vector({1, Real(2.1), Real(2.9)});

Result marquardt(const Objective& residuals, const Tensor& start, double tolerance = 1e-9) {
  return minimize_least_squares(residuals, start, levenberg_marquardt(),
                                {.gradient_tolerance = tolerance});
}

}  // namespace

TEST_CASE("levenberg_marquardt: the bent valley") {
  const Result r = marquardt(rosenbrock_residuals, vector({Real(-1.2), 1}));
  CHECK(r.converged());
  CHECK(near(r.theta, vector({1, 1}), 1e-8));
  CHECK(near(r.history.values()[0], 12.1, 1e-15));  // ½·24.2
  const std::vector<double>& values = r.history.values();
  for (std::size_t i = 1; i < values.size(); ++i) CHECK(values[i] < values[i - 1]);
  // a rejected step costs only a value
  CHECK(r.evaluations.jacobians == r.iterations + 1);
  CHECK(r.evaluations.values > r.evaluations.jacobians);
  CHECK(r.evaluations.values < 30);
  CHECK(r.evaluations.gradients == 0);
  CHECK(near(r.gradient_norm, 0, 0, 1e-9));
}

TEST_CASE("levenberg_marquardt: every sum of squares of the battery") {
  for (const TestFunction& function : test_functions()) {
    if (!function.residuals) continue;
    CAPTURE(function.name);
    const Result r = marquardt(function.residuals, function.start);
    CHECK(r.converged());
    bool found = false;
    for (const Minimum& minimum : function.minima)
      found |= near(r.theta, minimum.theta, 1e-6, 1e-6);
    CHECK(found);
    CHECK(near(2 * r.value, function.minima[0].value, 1e-9, 1e-9));
  }
}

TEST_CASE("the line and the exponential through three points") {
  for (const Method& method : {gauss_newton(), levenberg_marquardt()}) {
    const Result line = minimize_least_squares(line_residuals(three, heights), zeros({2}), method);
    CHECK(line.converged());
    CHECK(near(line.theta, vector({Real(0.95), Real(1.05)}), 1e-6));
    const Result curve =
        minimize_least_squares(exponential_residuals(three, heights), vector({3, Real(0.3), 2}),
                               method, {.gradient_tolerance = 1e-12});
    CHECK(curve.converged());
    CHECK(near(curve.theta, vector({2.9446615697, 0.2095819762, 2.2700409121}), 0, 5e-11));
    CHECK(curve.value < 1e-20);
  }
}

TEST_CASE("gauss_newton: one step where the residuals are linear, also where it goes up first") {
  const Result r =
      minimize_least_squares(quadratic_residuals(1000, 10), zeros({10}), gauss_newton());
  CHECK(r.iterations == 1);
  CHECK(r.evaluations.jacobians == 2);
  CHECK(r.evaluations.values == 2);
  CHECK(near(r.theta, full({10}, 1), 1e-12));
  const Result up =
      minimize_least_squares(rosenbrock_residuals, vector({Real(-1.2), 1}), gauss_newton());
  CHECK(up.converged());
  CHECK(up.history.values()[1] > up.history.values()[0]);
  CHECK(up.iterations == 2);
}

TEST_CASE("fewer residuals than parameters, and a Jacobian without full rank: the shortest step") {
  const auto one = [](const Var& x) { return sum(x * vector({1, 2, 2})) - 9; };
  const Result shortest = minimize_least_squares(one, zeros({3}), gauss_newton());
  CHECK(shortest.converged());
  CHECK(near(shortest.theta, vector({1, 2, 2}), 1e-14));
  CHECK(near(marquardt(one, zeros({3})).theta, vector({1, 2, 2}), 1e-6));
  // the third parameter has no effect
  const auto unused = [](const Var& x) { return slice(x, 0, 0, 2) - vector({4, 5}); };
  for (const Method& method : {gauss_newton(), levenberg_marquardt()})
    CHECK(near(minimize_least_squares(unused, vector({1, 1, 7}), method).theta, vector({4, 5, 7}),
               1e-6));
}

TEST_CASE("residuals of any shape, parameters of any shape") {
  const Tensor target = matrix({{1, 2}, {3, 4}});
  for (const Method& method : {gauss_newton(), levenberg_marquardt()}) {
    const Result r =
        minimize_least_squares([&](const Var& x) { return x - target; }, zeros({2, 2}), method);
    CHECK(near(r.theta, target, 1e-5));
    const Result s = minimize_least_squares([](const Var& x) { return x - 3; }, scalar(0), method);
    CHECK(near(s.theta, scalar(3), 1e-5));
    CHECK(minimize_least_squares([](const Var& x) { return x; }, zeros({0}), method).converged());
  }
}

TEST_CASE("levenberg_marquardt: a Jacobian of condition 1e10, whose square is beyond double") {
  const auto r = [](const Var& x) {
    const Var a = slice(x, 0, 0, 1), b = slice(x, 0, 1, 2);
    return concatenate({a + b - 2, Real(1e-10) * (a - b)});
  };
  CHECK(
      near(minimize_least_squares(r, vector({3, 0}), gauss_newton(), {.gradient_tolerance = 1e-22})
               .theta,
           vector({1, 1}), 1e-4));
}

TEST_CASE("levenberg_marquardt: steps to where nothing is finite are failed trials") {
  // log x = 1 from a point whose full step leads below 0
  const auto f = [](const Var& x) { return log(x) - 1; };
  const Result full_step = minimize_least_squares(f, vector({20}), gauss_newton());
  CHECK(full_step.status == Status::diverged);
  CHECK(full_step.theta == vector({20}));
  const Result r = marquardt(f, vector({20}));
  CHECK(r.converged());
  CHECK(near(r.theta, vector({std::exp(Real(1))}), 1e-8));
  CHECK(r.evaluations.values > r.evaluations.jacobians);
  // a wall on all sides: every step is rejected
  const auto wall = [](const Var& x) {
    return x + (x.value()(0) == 1 ? 0 : std::numeric_limits<Real>::quiet_NaN());
  };
  const Result stuck = marquardt(wall, vector({1}));
  CHECK(stuck.status == Status::stalled);
  CHECK(stuck.theta == vector({1}));
  CHECK(says(stuck, "no better point after 0 iterations"));
  // the derivative of √x at 0 is infinite
  const auto infinite = [](const Var& x) { return sqrt(x) + 1; };
  CHECK(marquardt(infinite, vector({0})).status == Status::diverged);
}

TEST_CASE("levenberg_marquardt: down to rounding, with residuals that stay") {
  const auto f = [](const Var& x) { return concatenate({x - 1, x + 1, exp(x)}); };
  const Result r = marquardt(f, vector({2}), 0);
  CHECK((r.converged() || r.status == Status::stalled));
  CHECK(r.iterations < 60);
  CHECK(r.gradient_norm < 1e-13);
}

TEST_CASE("least squares: an objective that throws, one without residuals, options") {
  for (const Method& method : {gauss_newton(), levenberg_marquardt()}) {
    int calls = 0;
    const auto f = [&](const Var& x) {
      if (++calls == 3) throw std::runtime_error("no more");
      return exponential_residuals(three, heights)(x);
    };
    const Result r = minimize_least_squares(f, vector({3, Real(0.3), 2}), method);
    CHECK(r.status == Status::failed);
    CHECK(says(r, "no more"));
    CHECK(r.history.size() == 2);
    CHECK(r.evaluations.jacobians == 2);
    CHECK(calls == 3);  // one evaluation gives the value and the Jacobian
    CHECK_ERROR(method.name + " needs residuals. Hint: minimize_least_squares(",
                minimize(rosenbrock, vector({1, 2}), method));
    CHECK_ERROR(" needs residuals", minimize(rosenbrock, vector({1, 2}), random_restart(method)));
    CHECK_ERROR("does not depend on theta",
                minimize_least_squares([](const Var&) { return Var(3); }, scalar(1), method));
    CHECK_ERROR("it should be (2)",
                minimize_least_squares(beale_residuals, vector({1, 2, 3}), method));
  }
  CHECK_ERROR("[levenberg_marquardt] damping = 0 is not above 0.",
              levenberg_marquardt({.damping = 0}));
  CHECK_ERROR("[levenberg_marquardt] damping = nan",
              levenberg_marquardt({.damping = std::nan("")}));
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
