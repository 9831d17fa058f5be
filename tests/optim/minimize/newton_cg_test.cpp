// Newton-CG: the trust region, its counts, and memory linear in the parameters.
#include <reel/optim/minimize/newton_cg.h>

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include <reel/autodiff/core/memory.h>
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

double length_between(const Tensor& a, const Tensor& b) { return norm_of(a - b, Norm::l2); }

}  // namespace

TEST_CASE("newton_cg: reaches the minima of the battery, always downhill") {
  for (const TestFunction& function : test_functions()) {
    CAPTURE(function.name);
    const Result r =
        minimize(function.f, function.start, newton_cg(), {.gradient_tolerance = 1e-9});
    CHECK(r.converged());
    const std::vector<double>& values = r.history.values();
    for (std::size_t i = 1; i < values.size(); ++i)
      CHECK(values[i] <= values[i - 1] + 1e-14 * std::abs(values[i]));
    if (function.unimodal) CHECK(near(r.theta, function.minima[0].theta, 1e-6, 1e-6));
    CHECK(r.evaluations.hessians == 0);
  }
}

TEST_CASE("newton_cg: a step costs one value, an accepted one a gradient") {
  const Result r = minimize(rosenbrock, vector({Real(-1.2), 1}), newton_cg());
  CHECK(r.converged());
  CHECK(r.evaluations.gradients == r.iterations + 1);
  CHECK(r.evaluations.values > r.evaluations.gradients);  // some steps were rejected
  CHECK(r.evaluations.values <= r.evaluations.gradients + 6);
  CHECK(r.evaluations.hessians == 0);
  CHECK(r.evaluations.jacobians == 0);
  // conjugate gradients in two dimensions: at most two products for each attempt
  CHECK(r.evaluations.hessian_products <= 2 * (r.evaluations.values - 1));
}

TEST_CASE("newton_cg: no step leaves the trust region, which grows where the model is right") {
  const auto bowl = [](const Var& x) { return sum(square(x)); };
  const Result r = minimize(bowl, vector({60, 80}), newton_cg({.radius = 2, .largest_radius = 16}));
  CHECK(r.converged());
  std::vector<double> steps;
  const std::vector<Tensor>& points = r.history.points();
  for (std::size_t i = 1; i < points.size(); ++i)
    steps.push_back(length_between(points[i], points[i - 1]));
  REQUIRE(steps.size() == 9);  // 2 + 4 + 8 + 16·5 + 6 = 100
  for (std::size_t i = 0; i < 8; ++i)
    CHECK(near(steps[i], std::min(16.0, std::ldexp(2, static_cast<int>(i))), 1e-12));
  CHECK(near(steps[8], 6, 1e-12));
  CHECK(r.evaluations.values == 10);
  CHECK(r.evaluations.hessian_products == 9);
  // within the region the model of a quadratic is exact, so the next gradient is the residual of
  // the inner iteration: min(½, √‖g‖)·‖g‖
  const auto f = quadratic(100, 6);
  const Result exact =
      minimize(f, zeros({6}), newton_cg({.radius = 100}), {.gradient_tolerance = 1e-9});
  CHECK(exact.converged());
  CHECK(exact.evaluations.values == exact.iterations + 1);
  std::vector<double> slopes;
  for (const Tensor& point : exact.history.points())
    slopes.push_back(norm_of(Problem(f).at(point).gradient, Norm::l2));
  for (std::size_t i = 1; i < slopes.size(); ++i)
    CHECK(slopes[i] <= (1 + 1e-6) * std::min(0.5, std::sqrt(slopes[i - 1])) * slopes[i - 1]);
}

TEST_CASE("newton_cg: follows negative curvature, away from a saddle and a maximum") {
  const auto saddle = [](const Var& t) {
    const Var x = slice(t, 0, 0, 1), y = slice(t, 0, 1, 2);
    return sum(square(x) - square(y) + square(square(y)));
  };
  const Result r =
      minimize(saddle, vector({1, Real(1e-3)}), newton_cg(), {.gradient_tolerance = 1e-9});
  CHECK(r.converged());
  CHECK(near(r.theta, vector({0, std::sqrt(Real(0.5))}), 0, 1e-9));
  const auto hill = [](const Var& x) { return cos(x); };
  CHECK(near(minimize(hill, scalar(Real(0.01)), newton_cg()).value, -1, 1e-9));
  // the curvature turns negative on the way, and the farther end of the line is lower
  const auto twisted = [](const Var& t) {
    const Var x = slice(t, 0, 0, 1), y = slice(t, 0, 1, 2);
    return sum(Real(0.5) * square(x) - 3 * square(y) + x - Real(0.01) * y + square(square(y)));
  };
  CHECK(minimize(twisted, vector({0, 0}), newton_cg()).converged());
}

TEST_CASE("newton_cg: down to rounding, and no further") {
  const auto f = [](const Var& x) { return sum(square(x - Real(1) / 3)) + Real(1e6); };
  const Result r = minimize(f, full({5}, 1), newton_cg(), {.gradient_tolerance = 0});
  CHECK((r.converged() || r.status == Status::stalled));
  CHECK(near(r.theta, full({5}, Real(1) / 3), 1e-15));
  CHECK(r.iterations < 20);
  const Result b =
      minimize(rosenbrock, vector({Real(-1.2), 1}), newton_cg(), {.gradient_tolerance = 0});
  CHECK((b.converged() || b.status == Status::stalled));
  CHECK(near(b.theta, full({2}, 1), 1e-12));
  CHECK(b.iterations < 50);
}

TEST_CASE("newton_cg: 100,000 parameters by Hessian-vector products, in linear memory") {
  const std::size_t n = 100'000;
  memory::release();
  const std::size_t before = memory::stats().heap_calls;
  const Result r = minimize(rosenbrock, full({n}, Real(0.5)), newton_cg());
  const std::size_t blocks = memory::stats().heap_calls - before;
  CHECK(r.converged());
  CHECK(near(r.theta, full({n}, 1), 0, 1e-3));
  CHECK(r.evaluations.hessians == 0);
  CHECK(r.evaluations.hessian_products > 0);
  // All blocks that were ever taken from the heap have at most the size of two θ: the peak is below
  // 1000 θ. A Hessian has the size of 100,000.
  if (memory::caching()) CHECK(blocks < 500);
  memory::release();
}

TEST_CASE("newton_cg: parameters of a loss, whose values the trials change") {
  Parameter x(scalar(Real(-1.2)), "x"), y(scalar(1), "y");
  const auto loss = [&] { return 100 * square(Var(y) - square(Var(x))) + square(1 - Var(x)); };
  const Result r = minimize(loss, {x, y}, newton_cg(), {.gradient_tolerance = 1e-9});
  CHECK(r.converged());
  CHECK(r.evaluations.values > r.evaluations.gradients);  // steps were rejected
  CHECK(near(x.value(), scalar(1), 1e-8));
  CHECK(near(y.value(), scalar(1), 1e-8));
}

TEST_CASE("newton_cg: what is not finite, what throws, what is empty") {
  const auto barrier = [](const Var& x) { return sum(x - log(x)); };
  const Result r = minimize(barrier, vector({Real(0.4), Real(0.7)}), newton_cg({.radius = 50}));
  CHECK(r.converged());
  CHECK(near(r.theta, full({2}, 1), 1e-5));
  CHECK(near(minimize(barrier, vector({3}), newton_cg({.radius = 50})).theta, vector({1}), 1e-5));
  const auto steep = [](const Var& x) { return sum(x + pow(x, Var(1.5))); };
  const Result s = minimize(steep, vector({0}), newton_cg());
  CHECK(s.status == Status::stalled);
  CHECK(says(s, "the second derivatives are not finite"));
  // falls to minus infinity
  const Result down =
      minimize([](const Var& x) { return -square(square(x)); }, scalar(1), newton_cg());
  CHECK(down.status == Status::iteration_limit);
  int calls = 0;
  const auto f = [&](const Var& x) {
    if (++calls == 9) throw std::runtime_error("no more");
    return rosenbrock(x);
  };
  const Result t = minimize(f, vector({Real(-1.2), 1}), newton_cg());
  CHECK(t.status == Status::failed);
  CHECK(says(t, "no more"));
  CHECK(t.history.size() == t.iterations + 1);
  CHECK(t.history.size() >= 3);
  CHECK(Tape::innermost() == nullptr);
  CHECK(minimize([](const Var& x) { return sum(x); }, zeros({0}), newton_cg()).converged());
  const Result flat = minimize([](const Var& x) { return sum(square(x)); }, zeros({2}), newton_cg(),
                               {.gradient_tolerance = -1});
  CHECK(flat.status == Status::stalled);
}

TEST_CASE("newton_cg: options") {
  CHECK_ERROR("[newton_cg] radius = 0 is not above 0", newton_cg({.radius = 0}));
  CHECK_ERROR("at most largest_radius = 1.", newton_cg({.radius = 2, .largest_radius = 1}));
  CHECK_ERROR("[newton_cg] radius = nan", newton_cg({.radius = std::nan("")}));
  CHECK_ERROR("[newton_cg] least_agreement = 0.25 is not in [0, 0.25).",
              newton_cg({.least_agreement = 0.25}));
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
