// Gradient descent and momentum: the notes' counts, both notations, and their line searches.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/optim/minimize/gradient_descent.h>
#include <reel/optim/minimize/momentum.h>
#include <reel/optim/sgd.h>

#include "../../../apps/reel_descent/objectives.h"
#include "../../near.h"
#include "../../throws.h"

namespace reel::inline REEL_PRECISION {
namespace optim {

using namespace objectives;
namespace {

static_assert(sizeof(Real) == 8, "the counts are those of double");

TEST_CASE("gradient_descent: the notes' counts of points") {
  const auto points = [](const Tensor& start, double step, double tolerance) {
    const Result r = minimize(sphere, start, gradient_descent({.step = step}),
                              {.gradient_tolerance = tolerance, .gradient_norm = Norm::l1});
    CHECK(r.converged());
    return r.history.size();
  };
  CHECK(points(scalar(-10), 0.25, 1e-4) == 19);
  CHECK(points(scalar(-10), 0.01, 1e-4) == 606);
  CHECK(points(scalar(-10), 0.5, 1e-4) == 2);
  CHECK(points(scalar(-10), 0.98, 1e-4) == 301);
  CHECK(points(vector({30, -40}), 0.1, 1e-6) == 86);
  const Result r = minimize(sphere, scalar(-10), gradient_descent({.step = 1.5}));
  CHECK(r.status == Status::diverged);
  CHECK(r.history.size() == 510);
  CHECK(std::isfinite(r.value));
  CHECK(std::isinf(r.history.values().back()));
}

TEST_CASE("gradient_descent: each step is -δ∇f, for θ of any shape") {
  const Tensor start = matrix({{1, -2}, {3, 4}});
  const Objective f = [](const Var& x) { return sum(exp(x / 4) + square(x)); };
  const Result r = minimize(f, start, gradient_descent({.step = 0.05}), {.iterations = 20});
  Tensor theta = start;
  for (std::size_t i = 0; i < r.history.size(); ++i) {
    CHECK(near(r.history.points()[i], theta, 1e-15, 1e-15));
    theta -= 0.05 * grad(f)(theta).value();
  }
}

TEST_CASE(
    "gradient_descent: with a line search it goes down in every step, from any first length") {
  for (const LineSearch kind :
       {LineSearch::backtracking, LineSearch::strong_wolfe, LineSearch::exact})
    for (const double step : {1e-6, 1.0, 1e6}) {
      CAPTURE(static_cast<int>(kind));
      CAPTURE(step);
      const Result r = minimize(quadratic(10, 4), full({4}, -3),
                                gradient_descent({.step = step, .line_search = kind}));
      CHECK(r.converged());
      CHECK(near(r.theta, full({4}, 1), 1e-4));
      const auto& values = r.history.values();
      for (std::size_t i = 1; i < values.size(); ++i) CHECK(values[i] < values[i - 1]);
    }
}

TEST_CASE("momentum: both notations and the optimiser take one path, to 1e-12") {
  const Tensor start = vector({-1.2, 1});
  const double alpha = 2e-4, beta = 0.9;
  const Result r = minimize(rosenbrock, start, momentum({.step = alpha, .momentum = beta}),
                            {.iterations = 200, .gradient_tolerance = 0});
  REQUIRE(r.history.size() == 201);
  const auto slope = grad(rosenbrock);
  Tensor w = start, theta = start, u = zeros({2}), v = zeros({2});
  Parameter parameter(start);
  Sgd sgd({parameter}, {.lr = alpha, .momentum = beta});
  for (std::size_t i = 0; i < 200; ++i) {
    u = beta * u - slope(w).value();  // u = −g + βu; w += αu
    w += alpha * u;
    v = beta * v + alpha * slope(theta).value();  // v = αv + δ∇L; θ −= v
    theta -= v;
    Tape tape;
    tape.backward(rosenbrock(parameter));
    sgd.step();
    CHECK(near(w, theta, 1e-12, 1e-12));
    CHECK(near(r.history.points()[i + 1], theta, 1e-12, 1e-12));
    CHECK(near(parameter.value(), theta, 1e-12, 1e-12));
  }
}

TEST_CASE("momentum: starting from the gradient, and Nesterov's") {
  const Objective f = [](const Var& x) { return sum(square(x)) * 2; };
  const auto first_steps = [&](const MomentumOptions& options) {
    return minimize(f, vector({1}), momentum(options), {.iterations = 2, .gradient_tolerance = 0})
        .history.points();
  };
  // ∇f = 4x: v₁ = 0.5·4 + 0.1·4, v₂ = 0.5v₁ + 0.1·4·(1 − v₁)
  const auto pushed = first_steps({.momentum = 0.5, .start = MomentumOptions::Start::gradient});
  CHECK(near(pushed[1](0), 1 - 2.4, 1e-14));
  CHECK(near(pushed[2](0), -1.4 - (1.2 + 0.4 * -1.4), 1e-14));
  // v₁ = 0.4, θ −= 0.5v₁ + 0.4; v₂ = 0.2 + 0.4·0.4, θ −= 0.5v₂ + 0.4·0.4
  const auto ahead = first_steps({.momentum = 0.5, .nesterov = true});
  CHECK(near(ahead[1](0), 0.4, 1e-14));
  CHECK(near(ahead[2](0), 0.4 - (0.18 + 0.16), 1e-14));
  // without momentum it is gradient descent
  const Result none = minimize(rosenbrock, vector({-1, 1}), momentum({.step = 1e-3, .momentum = 0}),
                               {.iterations = 50});
  const Result plain =
      minimize(rosenbrock, vector({-1, 1}), gradient_descent({.step = 1e-3}), {.iterations = 50});
  for (std::size_t i = 0; i < none.history.size(); ++i)
    CHECK(near(none.history.points()[i], plain.history.points()[i], 1e-13));
}

TEST_CASE("gradient descent and momentum: options") {
  for (const double wrong : {0., -1., std::nan(""), HUGE_VAL}) {
    CHECK_ERROR("step", gradient_descent({.step = wrong}));
    CHECK_ERROR("step", momentum({.step = wrong}));
  }
  for (const double wrong : {-0.1, 1., std::nan("")})
    CHECK_ERROR("momentum", momentum({.momentum = wrong}));
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
