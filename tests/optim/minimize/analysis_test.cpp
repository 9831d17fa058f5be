// Properties of a Hessian: eigenvalues, condition, kinds of critical points; Lipschitz constants.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include <reel/autodiff/engine/derivatives.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/optim/minimize/analysis.h>

#include "../../../apps/reel_descent/objectives.h"
#include "../../near.h"
#include "../../throws.h"

namespace reel::inline REEL_PRECISION {
namespace optim {

using namespace objectives;
namespace {

static_assert(sizeof(Real) == 8, "the tolerances are for double");

TEST_CASE("eigenvalues: of matrices, and of Hessians by θ of any shape") {
  CHECK(near(eigenvalues(matrix({{2, 1}, {1, 2}})), vector({1, 3}), 1e-14));
  CHECK(near(eigenvalues(matrix({{-7}})), vector({-7}), 1e-15));
  CHECK(eigenvalues(zeros({0, 0})).size() == 0);
  const auto f = [](const Var& x) { return sum(square(x) * matrix({{1, 2}, {3, 4}})); };
  CHECK(near(eigenvalues(hessian(f)(zeros({2, 2})).value()), vector({2, 4, 6, 8}), 1e-14));
  CHECK(near(eigenvalues(hessian(sphere)(scalar(3)).value()), vector({2}), 1e-15));
}

TEST_CASE("condition_number: largest by smallest size, infinite if singular") {
  CHECK(near(condition_number(matrix({{4, 0}, {0, -0.5}})), 8, 1e-14));
  CHECK(condition_number(matrix({{3}})) == 1);
  CHECK(condition_number(zeros({0, 0})) == 1);
  CHECK(std::isinf(condition_number(matrix({{1, 1}, {1, 1}}))));
  CHECK(std::isinf(condition_number(zeros({2, 2}))));
  for (const double condition : {1., 50., 1e6})
    CHECK(near(condition_number(hessian(quadratic(condition, 7))(zeros({7})).value()), condition,
               1e-9));
}

TEST_CASE("classify: by the signs of the eigenvalues") {
  const auto kind = [](double a, double b) { return classify(matrix({{a, 0}, {0, b}})); };
  CHECK(kind(1, 2) == CriticalPoint::minimum);
  CHECK(kind(-1, -2) == CriticalPoint::maximum);
  CHECK(kind(1, -2) == CriticalPoint::saddle);
  CHECK(kind(1, 0) == CriticalPoint::semidefinite);
  CHECK(kind(-1, 0) == CriticalPoint::semidefinite);
  CHECK(kind(0, 0) == CriticalPoint::semidefinite);
  CHECK(kind(1, 1e-12) == CriticalPoint::semidefinite);
  CHECK(kind(1, -1e-12) == CriticalPoint::semidefinite);
  CHECK(kind(1e-20, 3e-20) == CriticalPoint::minimum);  // sizes are relative
  CHECK(classify(matrix({{1, 0}, {0, 1e-12}}), 1e-15) == CriticalPoint::minimum);
  for (const CriticalPoint k : {CriticalPoint::minimum, CriticalPoint::maximum,
                                CriticalPoint::saddle, CriticalPoint::semidefinite})
    CHECK(std::string(to_string(k)).size() > 5);
}

TEST_CASE("classify: a function at a critical point, and only there") {
  const auto kind = [](double x, double y) {
    // x³ − 3x + y²: minimum at 1, saddle at −1; along y = 0
    return classify(
        [](const Var& t) {
          const Var a = slice(t, 0, 0, 1), b = slice(t, 0, 1, 2);
          return sum(pow(a, 3) - 3 * a + square(b));
        },
        vector({x, y}));
  };
  CHECK(kind(1, 0) == CriticalPoint::minimum);
  CHECK(kind(-1, 0) == CriticalPoint::saddle);
  CHECK_ERROR("gradient", kind(0, 0));
  CHECK(classify(beale, vector({3, 0.5})) == CriticalPoint::minimum);
  CHECK(classify(beale, vector({0, 1})) == CriticalPoint::saddle);
  CHECK(classify([](const Var& x) { return sum(square(square(x))); }, zeros({2})) ==
        CriticalPoint::semidefinite);
}

TEST_CASE("Lipschitz constants of θ² on [-10, 10]: 20, and 2 of the gradient") {
  Rng rng(1);
  CHECK(near(lipschitz_constant(sphere, vector({-10}), vector({10}), 100, rng), 20, 1e-14));
  CHECK(near(gradient_lipschitz_constant(sphere, vector({-10}), vector({10}), 10, rng), 2, 1e-14));
  // a lower bound that grows with the samples: the slope of sin is 1 at 0, inside the interval
  const auto f = [](const Var& x) { return sum(sin(x)); };
  Rng few(2), many(2);
  const double by_few = lipschitz_constant(f, vector({-1.5}), vector({1.2}), 3, few),
               by_many = lipschitz_constant(f, vector({-1.5}), vector({1.2}), 1000, many);
  CHECK(by_few <= by_many);
  CHECK(by_many <= 1);
  CHECK(by_many > 0.99999);
  CHECK(
      near(lipschitz_constant(sphere, zeros({3}), full({3}, 2), 0, few), 4 * std::sqrt(3.), 1e-14));
}

TEST_CASE("analysis: what is not symmetric, not square, not finite, or turned around") {
  const double nan = std::nan("");
  CHECK_ERROR("(2,3)", eigenvalues(zeros({2, 3})));
  CHECK_ERROR("(4)", condition_number(zeros({4})));
  CHECK_ERROR("(2,3,3,2)", eigenvalues(zeros({2, 3, 3, 2})));
  CHECK_ERROR("not symmetric", eigenvalues(matrix({{1, 2}, {3, 4}})));
  CHECK_ERROR("", eigenvalues(matrix({{1, nan}, {nan, 1}})));
  CHECK_ERROR("", classify(matrix({{std::numeric_limits<Real>::infinity()}})));
  Rng rng(1);
  CHECK_ERROR("above high", lipschitz_constant(sphere, vector({1}), vector({0}), 5, rng));
  CHECK_ERROR("(2)", lipschitz_constant(sphere, vector({1}), vector({2, 3}), 5, rng));
  CHECK(std::isnan(lipschitz_constant([](const Var& x) { return sum(sqrt(x)); }, vector({-1}),
                                      vector({1}), 5, rng)));
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
