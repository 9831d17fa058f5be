// The objectives: values, derivatives and minima, compared with formulas in another language.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include <reel/autodiff/engine/derivatives.h>
#include <reel/autodiff/inspect/check.h>
#include <reel/autodiff/ops/ops.h>

#include "../../../apps/reel_descent/objectives.h"
#include "../../near.h"
#include "../../throws.h"

namespace reel::inline REEL_PRECISION {
namespace optim {

using namespace objectives;
namespace {

using Json = nlohmann::json;

static_assert(sizeof(Real) == 8, "the minima are compared to the last digits of a double");

Json golden_functions() {
  std::ifstream file(REEL_SOURCE_DIR "/tests/golden/minimize.json");
  REQUIRE_MESSAGE(file.good(), "tests/golden/minimize.json cannot be read");
  return Json::parse(file)["functions"];
}

Tensor vector_of(const Json& values) {
  return from_values({values.size()}, values.get<std::vector<Real>>());
}

double value(const TestFunction& function, const Tensor& theta) {
  return static_cast<double>(function.f(theta).item());
}

bool positive_definite(const Tensor& h) {
  try {
    cholesky(h);
    return true;
  } catch (const Error&) {
    return false;
  }
}

TEST_CASE("objectives: names, starts, minima and values are those of the golden file") {
  const Json golden = golden_functions();
  REQUIRE(golden.size() == test_functions().size());
  std::set<std::string> names;
  for (std::size_t i = 0; i < golden.size(); ++i) {
    const TestFunction& function = test_functions()[i];
    CAPTURE(function.name);
    const Json& expected = golden[i];
    CHECK(names.insert(function.name).second);
    CHECK(!function.formula.empty());
    CHECK(function.name == expected["name"].get<std::string>());
    CHECK(near(function.start, vector_of(expected["start"]), 0));
    const Json& sample = expected["sample"];
    CHECK(near(value(function, vector_of(sample["theta"])), sample["value"], 1e-13));
    REQUIRE(function.minima.size() == expected["minima"].size());
    for (std::size_t k = 0; k < function.minima.size(); ++k) {
      // closed form from the normal equations of a matrix of condition 6, or constants
      const double rounding = function.name == "linear_regression" ? 1e-13 : 1e-15;
      CHECK(near(function.minima[k].theta, vector_of(expected["minima"][k]), rounding, rounding));
      CHECK(near(function.minima[k].value, expected["value"], 1e-13, 1e-25));
    }
  }
}

TEST_CASE("objectives: at each minimum the value is right, the gradient 0, the Hessian positive") {
  for (const TestFunction& function : test_functions()) {
    CAPTURE(function.name);
    REQUIRE(!function.minima.empty());
    for (const Minimum& minimum : function.minima) {
      CHECK(near(value(function, minimum.theta), minimum.value, 1e-14, 1e-14));
      const Tensor h = hessian(function.f)(minimum.theta).value();
      // θ is known to half a unit in its last place; the Hessian turns that error into a gradient
      double largest = 0, size = 1;
      for (const Real entry : h) largest = std::max(largest, std::abs(entry));
      for (const Real entry : minimum.theta) size = std::max(size, std::abs(entry));
      const Tensor g = grad(function.f)(minimum.theta).value();
      for (const Real entry : g) CHECK(std::abs(entry) <= 1e-14 * size * largest);
      CHECK(positive_definite(h));
    }
  }
}

TEST_CASE("objectives: nothing on a dense grid is lower, and all lowest places are listed") {
  constexpr std::size_t steps = 120;
  for (const TestFunction& function : test_functions()) {
    if (function.low.size() != 2) continue;
    CAPTURE(function.name);
    REQUIRE(function.high.size() == 2);
    const double lowest = function.minima[0].value;
    double best = std::numeric_limits<double>::infinity();
    Tensor best_at;
    for (std::size_t i = 0; i <= steps; ++i)
      for (std::size_t j = 0; j <= steps; ++j) {
        const auto along = [&](std::size_t axis, std::size_t k) {
          const Real low = function.low.data()[axis], high = function.high.data()[axis];
          return low + (high - low) * static_cast<Real>(k) / steps;
        };
        const Tensor at = vector({along(0, i), along(1, j)});
        const double v = value(function, at);
        if (v < best) {
          best = v;
          best_at = at;
        }
      }
    CHECK(best >= lowest - 1e-14);
    // the lowest point of the grid lies beside a minimum
    double nearest = std::numeric_limits<double>::infinity();
    for (const Minimum& minimum : function.minima) {
      double distance = 0;
      for (std::size_t axis = 0; axis < 2; ++axis) {
        CHECK(minimum.theta.data()[axis] > function.low.data()[axis]);
        CHECK(minimum.theta.data()[axis] < function.high.data()[axis]);
        distance = std::max(distance, std::abs(minimum.theta.data()[axis] - best_at.data()[axis]) /
                                          (function.high.data()[axis] - function.low.data()[axis]) *
                                          steps);
      }
      nearest = std::min(nearest, distance);
    }
    CHECK(nearest <= 3);
  }
}

TEST_CASE("objectives: gradients and Hessians are the numerical ones") {
  for (const TestFunction& function : test_functions()) {
    CAPTURE(function.name);
    Tensor place = function.start;
    for (std::size_t i = 0; i < place.size(); ++i)
      place.data()[i] += Real(0.3) - Real(0.1) * static_cast<Real>(i % 4);
    const bool large = place.size() > 50;
    const auto f = [&](std::span<const Var> x) { return function.f(x[0]); };
    const CheckReport report = check_gradients(f, {place}, {.fast = large});
    CHECK_MESSAGE(report.ok, report.describe());
    if (!function.residuals) continue;
    const auto r = [&](std::span<const Var> x) { return function.residuals(x[0]); };
    const CheckReport of_residuals = check_gradients(r, {place}, {.fast = large});
    CHECK_MESSAGE(of_residuals.ok, of_residuals.describe());
  }
}

TEST_CASE("objectives: the squares of the residuals add up to the function") {
  std::size_t checked = 0;
  for (const TestFunction& function : test_functions()) {
    if (!function.residuals) continue;
    CAPTURE(function.name);
    ++checked;
    for (const Real shift : {Real(0), Real(0.7), Real(-1.3)}) {
      const Tensor place = function.start + shift;
      const double squares = static_cast<double>(sum(square(function.residuals(place))).item());
      CHECK(near(squares, value(function, place), 1e-14));
    }
  }
  CHECK(checked == 11);
}

TEST_CASE("objectives: the notes' values") {
  // two_hills' other maximum, and the quartic's derivatives at 5
  CHECK(near(static_cast<double>(two_hills(vector({-0.99351327, 0.99589678})).item()), 1.003367,
             1e-6));
  const Var five = vector({5});
  CHECK(quartic(five).item() == -875);
  CHECK(grad(quartic)(five).item() == 0);
  CHECK(hessian(quartic)(five).item() == 220);
  CHECK(
      near(static_cast<double>(nightmare(vector({-2.98620, 0.73939})).item()), -1.01363478, 1e-8));
}

TEST_CASE("objectives: a quadratic has the condition it was asked for, along no axis") {
  for (const std::size_t n : {2u, 3u, 7u}) {
    CAPTURE(n);
    const Tensor h = hessian(quadratic(100, n))(zeros({n})).value();
    // the spectrum 1 … 100: trace and determinant
    double trace = 0, determinant_of = 1, eigenvalues = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double eigenvalue = std::pow(100, static_cast<double>(i) / static_cast<double>(n - 1));
      eigenvalues += eigenvalue;
      determinant_of *= eigenvalue;
      trace += h(i, i);
      double off_axis = 0;
      for (std::size_t j = 0; j < n; ++j)
        if (j != i) off_axis += std::abs(h(i, j));
      CHECK(off_axis > 0.1);
    }
    CHECK(near(trace, eigenvalues, 1e-13));
    CHECK(near(static_cast<double>(reel::item(determinant(h))), determinant_of, 1e-12));
    // H − λI is singular for the smallest and the largest
    for (const double eigenvalue : {1.0, 100.0}) {
      Tensor shifted = h;
      for (std::size_t i = 0; i < n; ++i) shifted(i, i) -= eigenvalue;
      CHECK(std::abs(reel::item(determinant(shifted))) < 1e-14 * std::pow(100, n));
    }
  }
  CHECK(static_cast<double>(quadratic(5, 1)(vector({3})).item()) == doctest::Approx(2));
}

TEST_CASE("objectives: linear regression's optimum, and its layout of theta") {
  const Tensor x = matrix({{0}, {1}, {2}}), y = matrix({{1, 5}, {2.1, 3}, {2.9, 1}});
  const Tensor best = linear_regression_optimum(x, y);
  CHECK(near(best, vector({0.95, -2, 1.05, 5}), 1e-14));
  const Objective f = linear_regression(x, y);
  CHECK(near(static_cast<double>(f(best).item()), 0.015 / 6, 1e-12));
  CHECK(static_cast<double>(f(zeros({4})).item()) ==
        doctest::Approx((1 + 2.1 * 2.1 + 2.9 * 2.9 + 25 + 9 + 1) / 6).epsilon(1e-14));
}

TEST_CASE("objectives: what does not fit is an error") {
  CHECK_ERROR("\"rosenbrok\"", test_function("rosenbrok"));
  CHECK_ERROR("rosenbrock, exponential", test_function(""));
  CHECK(test_function("rosenbrock_10").start.size() == 10);
  CHECK_ERROR("theta has shape (3), it should be (2)", beale(zeros({3})));
  CHECK_ERROR("[nightmare]", nightmare(zeros({1})));
  CHECK_ERROR("[two_hills]", two_hills(zeros({2, 1})));
  CHECK_ERROR("[himmelblau]", himmelblau(zeros({0})));
  CHECK_ERROR("[booth]", booth(scalar(1)));
  CHECK_ERROR("at least 2", rosenbrock(zeros({1})));
  CHECK_ERROR("[rosenbrock]", rosenbrock(zeros({2, 2})));
  CHECK_ERROR("condition = 0.5", quadratic(0.5, 2));
  CHECK_ERROR("condition = nan", quadratic(std::nan(""), 2));
  CHECK_ERROR("n = 0", quadratic(2, 0));
  CHECK_ERROR("it should be (4)", quadratic(2, 4)(zeros({5})));
  CHECK_ERROR("x has shape (2), y (3)", line_residuals(zeros({2}), zeros({3})));
  CHECK_ERROR("[exponential]", exponential_residuals(zeros({2, 1}), zeros({2, 1})));
  CHECK_ERROR("it should be (3)", exponential_residuals(zeros({2}), zeros({2}))(zeros({2})));
  CHECK_ERROR("x has shape (2,3), y (3,3)", linear_regression(zeros({2, 3}), zeros({3, 3})));
  CHECK_ERROR("x has shape (0,3)", linear_regression(zeros({0, 3}), zeros({0, 1})));
  CHECK_ERROR("it should be (8)", linear_regression(zeros({5, 3}), zeros({5, 2}))(zeros({7})));
  CHECK_ERROR("singular", linear_regression_optimum(zeros({4, 1}), zeros({4, 1})));
}

TEST_CASE("objectives: NaN stays NaN") {
  for (const TestFunction& function : test_functions()) {
    CAPTURE(function.name);
    Tensor theta = function.start;
    theta.data()[theta.size() - 1] = std::numeric_limits<Real>::quiet_NaN();
    CHECK(std::isnan(value(function, theta)));
  }
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
