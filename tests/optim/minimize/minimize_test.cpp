// The driver of all methods: its stopping conditions, what it stores, and its behaviour on errors.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/optim/minimize/gradient_descent.h>

#include "../../near.h"
#include "../../special_values.h"
#include "../../throws.h"

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

Var parabola(const Var& x) { return sum(square(x)); }

TEST_CASE("minimize: tracks the start and every point, in order") {
  const Result r = minimize(parabola, vector({8, -4}), gradient_descent({.step = 0.25}),
                            {.gradient_tolerance = 2});
  CHECK(r.status == Status::converged);
  CHECK(r.converged());
  CHECK(r.iterations == 3);
  REQUIRE(r.history.size() == 4);
  CHECK(r.history.points()[0] == vector({8, -4}));
  CHECK(r.history.points()[1] == vector({4, -2}));
  CHECK(r.history.points()[3] == vector({1, -0.5}));
  CHECK(r.history.values() == std::vector<double>{80, 20, 5, 1.25});
  CHECK(r.history.best_value() == 1.25);
  CHECK(r.history.best_theta() == r.theta);
  CHECK(r.history.runs() == std::vector<std::size_t>{0});
  CHECK(r.theta == vector({1, -0.5}));
  CHECK(r.value == 1.25);
  CHECK(r.gradient_norm == 2);
  CHECK(r.evaluations.values == 4);
  CHECK(r.evaluations.gradients == 4);
  CHECK(r.evaluations.hessians == 0);
  CHECK(r.evaluations.hessian_products == 0);
  for (std::size_t i = 0; i < 4; ++i) CHECK(r.history.evaluations()[i].values == i + 1);
  CHECK(r.message.find("the gradient's norm is 2, at most 2") != std::string::npos);
}

TEST_CASE("minimize: each tolerance means what it says") {
  const auto points = [](const MinimizeOptions& options) {
    const Result r = minimize(parabola, vector({8, -4}), gradient_descent({.step = 0.25}), options);
    CHECK(r.status == Status::converged);
    CHECK(r.theta == r.history.points().back());
    return r.history.size();
  };
  // at point k (from 0) the gradient is 2⁻ᵏ·(16, −8), the value 4⁻ᵏ·80
  CHECK(points({.gradient_tolerance = 2, .gradient_norm = Norm::max}) == 4);
  CHECK(points({.gradient_tolerance = 2, .gradient_norm = Norm::l1}) == 5);  // 24, 12, 6, 3, 1.5
  CHECK(points({.gradient_tolerance = 2.2, .gradient_norm = Norm::max}) == 4);
  CHECK(points({.gradient_tolerance = 2.2, .gradient_norm = Norm::l2}) == 5);  // 2.236, 1.118
  // the value falls by three quarters each time; when it is below 1, the scale stays 1
  CHECK(points({.gradient_tolerance = -1, .value_tolerance = 0.74}) == 6);
  CHECK(points({.gradient_tolerance = -1, .value_tolerance = 0.7501}) == 2);
  // θ moves by as much as its new length L; L ≤ ½(½ + L) holds once L ≤ ½: 4.47, …, 0.56, 0.28
  CHECK(points({.gradient_tolerance = -1, .step_tolerance = 0.5}) == 6);
  CHECK(points({.gradient_tolerance = -1, .step_tolerance = 1}) == 2);
  CHECK_ERROR("a tolerance is NaN", points({.gradient_tolerance = nan}));
}

TEST_CASE("minimize: the limit of iterations, and zero of them") {
  const auto run = [](std::size_t iterations) {
    return minimize(parabola, vector({8, -4}), gradient_descent({.step = 0.25}),
                    {.iterations = iterations});
  };
  for (const std::size_t n : {0u, 1u, 3u}) {
    const Result r = run(n);
    CHECK(r.status == Status::iteration_limit);
    CHECK_FALSE(r.converged());
    CHECK(r.iterations == n);
    CHECK(r.history.size() == n + 1);
  }
  // it has converged if a tolerance is met, even at the limit
  CHECK(minimize(parabola, vector({0}), gradient_descent(), {.iterations = 0}).converged());
}

TEST_CASE("minimize: a value that is not finite is divergence, never convergence") {
  const auto status = [](const Objective& f, Real start) {
    const Result r = minimize(f, scalar(start), gradient_descent({.step = 1.5}));
    CHECK(r.status == Status::diverged);
    CHECK(std::isfinite(r.history.best_value()) == (r.history.size() > 1));
    return r;
  };
  const Result overflow = status(parabola, -10);
  CHECK(overflow.history.size() == 510);
  CHECK(overflow.history.values().back() == inf);
  CHECK(overflow.message.find("the value at point 510 is not finite") != std::string::npos);
  // the last finite point, and the best point
  CHECK(overflow.value == overflow.history.values()[508]);
  CHECK(std::isfinite(overflow.value));
  CHECK(overflow.theta == overflow.history.points()[508]);
  CHECK(overflow.history.best_theta() == scalar(-10));
  // minus infinity does not count as a minimum
  CHECK(status([](const Var& x) { return -square(square(x)); }, 2).history.values().back() == -inf);
  // NaN at the start; a gradient that is not finite at a finite value
  CHECK(status([](const Var& x) { return log(x); }, -1).history.size() == 1);
  const Result kink = minimize([](const Var& x) { return sqrt(x); }, scalar(0), gradient_descent());
  CHECK(kink.status == Status::diverged);
  CHECK(kink.message.find("the gradient at point 1 is not finite") != std::string::npos);
}

TEST_CASE("minimize: an objective that throws later ends the search, and the history is kept") {
  for (const bool standard : {true, false}) {
    int calls = 0;
    const auto f = [&](const Var& x) {
      if (++calls == 4) {
        if (standard) throw std::runtime_error("no more");
        throw 7;
      }
      return parabola(x);
    };
    const Result r = minimize(f, vector({8, -4}), gradient_descent({.step = 0.25}));
    CHECK(r.status == Status::failed);
    CHECK(r.history.values() == std::vector<double>{80, 20, 5});
    CHECK(r.theta == vector({2, -1}));
    CHECK(r.value == 5);
    CHECK(r.iterations == 2);
    CHECK(r.message.find(standard ? "threw: no more" : "threw: no std::exception") !=
          std::string::npos);
    if (standard)
      CHECK_THROWS_AS(std::rethrow_exception(r.error), std::runtime_error);
    else
      CHECK_THROWS_AS(std::rethrow_exception(r.error), int);
    CHECK(Tape::innermost() == nullptr);
  }
}

TEST_CASE("minimize: mistakes at the start are the objective's own errors") {
  const Method descent = gradient_descent();
  CHECK_THROWS_AS(minimize([](const Var&) -> Var { throw 7; }, scalar(1), descent), int);
  CHECK_ERROR("does not depend on theta",
              minimize([](const Var&) { return Var(3); }, scalar(1), descent));
  CHECK_ERROR("does not depend on theta",
              minimize([](const Var& x) { return square(stop_gradient(x)); }, scalar(1), descent));
  CHECK_ERROR("the objective has shape (2), it should be one number. Hint: sum()",
              minimize([](const Var& x) { return square(x); }, vector({1, 2}), descent));
  // a start of the wrong size
  CHECK_ERROR("(3)", minimize(
                         [](const Var& x) {
                           return sum(square(x - vector({1, 2})));
                         },
                         vector({1, 2, 3}), descent));
  CHECK_ERROR("empty objective", minimize(Objective(), scalar(1), descent));
  CHECK_ERROR("empty method", minimize(parabola, scalar(1), Method{}));
  CHECK_ERROR("step = 0 is not above 0", gradient_descent({.step = 0}));
}

TEST_CASE("minimize: θ of any shape, of one element, of none") {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{3}, Shape{2, 3}, Shape{0}}) {
    const Result r = minimize(parabola, full(shape, 1), gradient_descent({.step = 0.25}));
    CHECK(r.converged());
    CHECK(r.theta.shape() == shape);
    CHECK(r.value <= 1e-10);
  }
}

TEST_CASE("minimize: callbacks, and a stop from outside") {
  std::vector<std::size_t> numbers;
  std::vector<double> values;
  const Result r = minimize(parabola, vector({8, -4}), gradient_descent({.step = 0.25}),
                            {.on_iteration =
                                 [&](const Iteration& i) {
                                   numbers.push_back(i.number);
                                   values.push_back(i.point.value);
                                   CHECK(i.evaluations.values == i.number + 1);
                                 },
                             .stop = [&] { return numbers.size() == 2; }});
  CHECK(r.status == Status::stopped);
  CHECK(numbers == std::vector<std::size_t>{1, 2});
  CHECK(values == std::vector<double>{20, 5});
  CHECK(r.history.size() == 3);
}

TEST_CASE("minimize: without points, the best is still there") {
  const Result r = minimize(parabola, vector({8, -4}), gradient_descent({.step = 1.2}),
                            {.iterations = 5, .keep_points = false});
  CHECK_ERROR("[history] the 6 points were not stored. Hint: minimize(…, {.keep_points = true}).",
              r.history.points());
  CHECK(r.history.size() == 6);
  CHECK(r.history.best_theta() == vector({8, -4}));
  CHECK(r.history.best_values() == std::vector<double>(6, 80));
}

TEST_CASE("minimize: many large points are not stored, unless they are asked for") {
  const Tensor start = full({300'000}, 1);  // 2.4 MB
  const auto run = [&](std::size_t iterations, std::optional<bool> keep) {
    return minimize(parabola, start, gradient_descent({.step = 0.01}),
                    {.iterations = iterations, .keep_points = keep});
  };
  CHECK(run(2, {}).history.points().size() == 3);
  const Result r = run(3, {});
  CHECK(!r.history.has_points());
  CHECK_ERROR("[history] the 4 points were not stored.", r.history.points());
  CHECK(r.history.size() == 4);
  CHECK(r.history.best_theta() == r.theta);
  CHECK(run(3, true).history.points().size() == 4);
}

TEST_CASE("minimize: a loss by parameters of several shapes") {
  Parameter a(vector({1, 2}), "a"), b(scalar(3), "b"), c(matrix({{1, 0}}), "c");
  const auto loss = [&] {
    return sum(square(Var(a) - vector({5, 6}))) + square(Var(b) + Real(2)) * sum(exp(Var(c)));
  };
  const Result r =
      minimize(loss, {a, b}, gradient_descent({.step = 0.125}), {.gradient_tolerance = 1e-9});
  CHECK(r.converged());
  CHECK(near(r.theta, vector({5, 6, -2}), 1e-9));
  // the parameters have the result's values; others are unchanged
  CHECK(values_of({a, b}) == r.theta);
  CHECK(b.value() == scalar(r.theta(2)));
  CHECK(c.value() == matrix({{1, 0}}));
  CHECK_FALSE(a.gradient());
  CHECK_ERROR("no parameters", minimize(loss, std::vector<Parameter>{}, gradient_descent()));
  CHECK_ERROR("parameter \"a\" was given twice", minimize(loss, {a, a}, gradient_descent()));
  CHECK_ERROR("theta has 1 elements, the parameters 3", set_values({a, b}, vector({1})));
}

TEST_CASE("minimize: after divergence the parameters are at the last finite point") {
  Parameter a(scalar(-10));
  const Result r = minimize([&] { return square(Var(a)); }, {a}, gradient_descent({.step = 1.5}));
  CHECK(r.status == Status::diverged);
  CHECK(std::isfinite(a.value()()));
  CHECK(a.value()() == r.theta(0));
}

TEST_CASE("minimize_least_squares: the value is half the sum of squares") {
  const auto residuals = [](const Var& x) { return x - vector({1, 2, 3}); };
  const Result r =
      minimize_least_squares(residuals, vector({0, 0, 0}), gradient_descent({.step = 1}));
  CHECK(r.converged());
  CHECK(r.history.values()[0] == 7);
  CHECK(r.theta == vector({1, 2, 3}));
  CHECK(r.iterations == 1);
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
