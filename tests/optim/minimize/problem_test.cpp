// Problems: which evaluations they make, their cost, and that each derivative is right.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <reel/autodiff/ops/ops.h>
#include <reel/optim/minimize/history.h>

#include "../../near.h"
#include "../../throws.h"

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

// x²y + y³: gradient (2xy, x² + 3y²), Hessian ((2y, 2x), (2x, 6y))
Var cubic(const Var& v) {
  const Var x = slice(v, 0, 0, 1), y = slice(v, 0, 1, 2);
  return sum(square(x) * y + y * square(y));
}
const Tensor place = vector({2, 3});
const Tensor cubic_gradient = vector({12, 31});
const Tensor cubic_hessian = matrix({{6, 4}, {4, 18}});

TEST_CASE("problem: value, gradient, Hessian and its products, each counted") {
  Problem problem(cubic);
  CHECK(problem.value(place) == 39);
  CHECK(problem.evaluations().values == 1);
  CHECK(problem.evaluations().gradients == 0);
  const Point point = problem.at(place);
  CHECK(point.theta == place);
  CHECK(point.value == 39);
  CHECK(point.gradient == cubic_gradient);
  CHECK(problem.at(place, false).gradient.size() == 1);  // an empty tensor: a scalar 0
  CHECK(problem.evaluations().values == 3);
  CHECK(problem.evaluations().gradients == 1);
  CHECK(problem.hessian(place) == cubic_hessian);
  CHECK(problem.evaluations().hessians == 1);
  const Evaluations before = problem.evaluations();
  {
    Curvature curvature(problem, place);
    CHECK(curvature.product(vector({1, 0})) == vector({6, 4}));
    CHECK(curvature.product(vector({1, -2})) == vector({-2, -32}));
  }
  CHECK(problem.evaluations().values == before.values);  // already known
  CHECK(problem.evaluations().gradients == before.gradients);
  CHECK(problem.evaluations().hessian_products == 2);
  CHECK(problem.evaluations().jacobians == 0);
}

TEST_CASE("problem: a trial that is rejected costs its value alone") {
  Problem problem(cubic);
  {
    Trial trial(problem, place);
    CHECK(trial.theta() == place);
    CHECK(trial.value() == 39);
  }
  CHECK(problem.evaluations().values == 1);
  CHECK(problem.evaluations().gradients == 0);
  {
    Trial trial(problem, place);
    const Point point = trial.point();
    CHECK(point.theta == place);
    CHECK(point.value == 39);
    CHECK(point.gradient == cubic_gradient);
  }
  CHECK(problem.evaluations().values == 2);
  CHECK(problem.evaluations().gradients == 1);
  Problem squares = Problem::least_squares([](const Var& x) { return square(x); });
  Trial trial(squares, place);
  CHECK(trial.value() == 48.5);  // ½(16 + 81)
  const Residuals found = trial.residuals();
  CHECK(found.r == vector({4, 9}));
  CHECK(found.jacobian == matrix({{4, 0}, {0, 6}}));
  CHECK(squares.evaluations().values == 1);
  CHECK(squares.evaluations().jacobians == 1);
}

TEST_CASE("problem: what is linear has no curvature") {
  Problem problem([](const Var& x) { return sum(Real(3) * x); });
  CHECK(problem.hessian(place) == zeros({2, 2}));
  Curvature curvature(problem, place);
  CHECK(curvature.product(place) == zeros({2}));
}

TEST_CASE("problem: by parameters, all derivatives are in the order of their values") {
  Parameter x(vector({2})), y(matrix({{3}}));
  Problem problem([&] { return cubic(concatenate({Var(x), flatten(Var(y))})); }, {x, y});
  CHECK(values_of({x, y}) == place);
  CHECK(problem.at(place).gradient == cubic_gradient);
  CHECK(problem.hessian(place) == cubic_hessian);
  Curvature curvature(problem, place);
  CHECK(curvature.product(vector({1, -2})) == vector({-2, -32}));
}

TEST_CASE("problem: residuals and their Jacobian") {
  const auto r = [](const Var& v) {  // (x², y², xy, 1) as a matrix
    const Var x = slice(v, 0, 0, 1), y = slice(v, 0, 1, 2);
    return reshape(concatenate({square(x), square(y), x * y, Var(vector({1}))}), {2, 2});
  };
  Problem problem = Problem::least_squares(r);
  const Residuals found = problem.residuals(place);
  CHECK(found.r == vector({4, 9, 6, 1}));
  CHECK(found.jacobian == matrix({{4, 0}, {0, 6}, {3, 2}, {0, 0}}));
  CHECK(problem.evaluations().jacobians == 1);
  CHECK(problem.value(place) == 67);                      // ½(16 + 81 + 36 + 1)
  CHECK(problem.at(place).gradient == vector({34, 66}));  // Jᵀr
  CHECK(problem.has_residuals());
  Problem plain(cubic);
  CHECK_FALSE(plain.has_residuals());
  CHECK_ERROR("no vector of residuals. Hint: minimize_least_squares", plain.residuals(place));
}

TEST_CASE("problem: evaluating leaves no tape behind, and works inside of one") {
  Tape outer;
  const std::size_t before = outer.size();
  Problem problem(cubic);
  CHECK(problem.value(place) == 39);
  CHECK(problem.at(place).gradient == cubic_gradient);
  CHECK(problem.hessian(place) == cubic_hessian);
  CHECK(Tape::recording() == &outer);
  CHECK(outer.size() == before);
}

TEST_CASE("history: the first of the lowest finite values is the best") {
  History history;
  CHECK(history.best_value() == std::numeric_limits<double>::infinity());
  const double nan = std::nan("");
  const std::vector<double> values{nan, 5, 7, 3, 3, nan, -std::numeric_limits<double>::infinity()};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i == 3) history.begin_run();
    history.add(scalar(static_cast<Real>(i)), values[i], {});
  }
  CHECK(history.size() == 7);
  CHECK(history.best_value() == 3);
  CHECK(history.best_theta() == scalar(3));
  CHECK(history.runs() == std::vector<std::size_t>{3});
  const std::vector<double> best = history.best_values();
  CHECK(best[0] == std::numeric_limits<double>::infinity());
  CHECK(std::vector<double>(best.begin() + 1, best.end()) == std::vector<double>{5, 5, 3, 3, 3, 3});
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
