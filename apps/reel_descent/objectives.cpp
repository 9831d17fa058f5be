// A table of test functions: their formulas, their minima, and the starts of searches.
#include "objectives.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include <reel/autodiff/ops/ops.h>

namespace reel::inline REEL_PRECISION {
namespace objectives {
namespace {

struct Pair {
  Var x, y;
};

// Both elements, each of shape (1).
Pair pair_of(const char* where, const Var& theta) {
  if (theta.shape() != Shape{2})
    fail_usage(where, "theta has shape ", to_string(theta.shape()), ", it should be (2).");
  return {slice(theta, 0, 0, 1), slice(theta, 0, 1, 2)};
}

// exp(−‖θ − c‖²/width)
Var bell(const Var& theta, const Var& c, Real width) {
  return exp(sum(square(theta - c)) / -width);
}

void check_points(const char* where, const Tensor& x, const Tensor& y) {
  if (x.dimension() != 1 || x.shape() != y.shape())
    fail_usage(where, "x has shape ", to_string(x.shape()), ", y ", to_string(y.shape()),
               "; both should be vectors of one size.");
}

void check_table(const Tensor& x, const Tensor& y) {
  if (x.dimension() != 2 || y.dimension() != 2 || x.shape()[0] != y.shape()[0] || y.size() == 0)
    fail_usage("linear_regression", "x has shape ", to_string(x.shape()), ", y ",
               to_string(y.shape()), "; they should be (m,k) and (m,j).");
}

void check_size(const char* where, const Var& theta, std::size_t n) {
  if (theta.shape() != Shape{n})
    fail_usage(where, "theta has shape ", to_string(theta.shape()), ", it should be (", n, ").");
}

}  // namespace

Var sphere(const Var& theta) { return sum(square(theta)); }

Var rosenbrock(const Var& theta) { return sum(square(rosenbrock_residuals(theta))); }

Var styblinski_tang(const Var& theta) {
  const Var s = square(theta);
  return Real(0.5) * sum(square(s) - 16 * s + 5 * theta);
}

Var rastrigin(const Var& theta) {
  const Var waves = 10 * cos(2 * std::numbers::pi_v<Real> * theta);
  return sum(square(theta) - waves) + 10 * theta.value().size();
}

Var quartic(const Var& theta) {
  const Var s = square(theta);
  return sum(square(s) - 40 * s - 100 * theta);
}

Var beale(const Var& theta) { return sum(square(beale_residuals(theta))); }

Var himmelblau(const Var& theta) { return sum(square(himmelblau_residuals(theta))); }

Var booth(const Var& theta) { return sum(square(booth_residuals(theta))); }

Var two_hills(const Var& theta) {
  const auto [x, y] = pair_of("two_hills", theta);
  return sum(exp(-square(x + 1) - square(y - 1)) +
             Real(0.6) *
                 exp(-square(x - 1) - Real(0.5) * square(y + 1) + Real(0.1) * (x - 3) * (y - 3)));
}

Var nightmare(const Var& theta) {
  const Var y = pair_of("nightmare", theta).y;
  const Tensor p = vector({-2, 3}), q = vector({3, Real(0.5)}), minus_p = -p, minus_q = -q;
  return bell(theta, minus_p, 20) - bell(theta, p, 20) -
         Real(0.08) * sin(6 * norm(theta - minus_q)) - Real(0.75) * bell(theta, q, 5) -
         Real(0.75) * bell(theta, minus_q, 2) + sum(exp(-2 * square(y + 1)));
}

Var sphere_residuals(const Var& theta) { return theta; }

Var rosenbrock_residuals(const Var& theta) {
  const std::size_t n = theta.value().size();
  if (theta.value().dimension() != 1 || n < 2)
    fail_usage("rosenbrock", "theta has shape ", to_string(theta.shape()),
               ", expected (n) with n of at least 2.");
  const Var a = slice(theta, 0, 0, n - 1), b = slice(theta, 0, 1, n);
  return concatenate({10 * (b - square(a)), 1 - a});
}

Var beale_residuals(const Var& theta) {
  const auto [x, y] = pair_of("beale", theta);
  const Var y2 = square(y);
  return concatenate(
      {Real(1.5) - x + x * y, Real(2.25) - x + x * y2, Real(2.625) - x + x * y2 * y});
}

Var himmelblau_residuals(const Var& theta) {
  const auto [x, y] = pair_of("himmelblau", theta);
  return concatenate({square(x) + y - 11, x + square(y) - 7});
}

Var booth_residuals(const Var& theta) {
  const auto [x, y] = pair_of("booth", theta);
  return concatenate({x + 2 * y - 7, 2 * x + y - 5});
}

Objective sum_of_squares(Objective residuals) {
  return [r = std::move(residuals)](const Var& theta) { return sum(square(r(theta))); };
}

Objective quadratic_residuals(double condition, std::size_t n) {
  if (n == 0 || !(condition >= 1))
    fail_usage("quadratic", "condition = ", condition, ", n = ", n, "; both should be at least 1.");
  // H = QΛQ with the reflection Q = I − 2vvᵀ/‖v‖², v = (1, 2, …, n); rᵢ = √(λᵢ/2)·(Q(θ − 1))ᵢ.
  Tensor v = uninitialized({n}), scale = uninitialized({n});
  double squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double place = n > 1 ? static_cast<double>(i) / static_cast<double>(n - 1) : 0;
    scale.data()[i] = static_cast<Real>(std::sqrt(std::pow(condition, place) / 2));
    v.data()[i] = static_cast<Real>(i + 1);
    squares += static_cast<double>((i + 1) * (i + 1));
  }
  return [=, twice = static_cast<Real>(2 / squares)](const Var& theta) {
    check_size("quadratic", theta, n);
    const Var z = theta - 1;
    return scale * (z - twice * dot(v, z) * v);
  };
}

Objective quadratic(double condition, std::size_t n) {
  return sum_of_squares(quadratic_residuals(condition, n));
}

Objective line_residuals(const Tensor& x, const Tensor& y) {
  check_points("line", x, y);
  return [=](const Var& theta) {
    const auto [a, b] = pair_of("line", theta);
    return a * x + b - y;
  };
}

Objective exponential_residuals(const Tensor& x, const Tensor& y) {
  check_points("exponential", x, y);
  return [=](const Var& theta) {
    check_size("exponential", theta, 3);
    const Var a = slice(theta, 0, 0, 1), b = slice(theta, 0, 1, 2), c = slice(theta, 0, 2, 3);
    return a * exp(-b * square(x - c)) - y;
  };
}

Objective linear_regression(const Tensor& x, const Tensor& y) {
  return sum_of_squares(linear_regression_residuals(x, y));
}

Objective linear_regression_residuals(const Tensor& x, const Tensor& y) {
  check_table(x, y);
  const std::size_t k = x.shape()[1], j = y.shape()[1];
  const Real scale = 1 / std::sqrt(static_cast<Real>(y.size()));
  return [=](const Var& theta) {
    check_size("linear_regression", theta, k * j + j);
    const Var w = reshape(slice(theta, 0, 0, k * j), {k, j}), b = slice(theta, 0, k * j, k * j + j);
    return scale * (matmul(x, w) + b - y);
  };
}

Tensor linear_regression_optimum(const Tensor& x, const Tensor& y) {
  check_table(x, y);
  const std::size_t m = x.shape()[0];
  const Var inputs = concatenate({Var(x), Var(full({m, 1}, 1))}, 1);
  return flatten(solve(matmul(inputs, true, inputs, false), matmul(inputs, true, Var(y), false)))
      .value();
}

namespace {

// Deterministic numbers in [−1, 1] without an obvious pattern.
Tensor scattered(std::size_t rows, std::size_t columns, std::size_t a, std::size_t b) {
  Tensor x = uninitialized({rows, columns});
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j)
      x.data()[i * columns + j] = static_cast<Real>(((i + 1) * (i + 1) * (i + 1) * (j + 1) * a +
                                                     (i + 2) * (i + 2) * (j + 1) * (j + 1) * b) %
                                                    101) /
                                      50 -
                                  1;
  return x;
}

TestFunction regression_15() {
  const Tensor x = scattered(40, 15, 1, 7), y = scattered(40, 15, 3, 5);
  const Objective f = linear_regression(x, y);
  const Tensor optimum = linear_regression_optimum(x, y);
  return {"linear_regression",
          "mean squared error of x·W + b, 15 inputs, 15 outputs, 40 points: 240 parameters",
          f,
          linear_regression_residuals(x, y),
          zeros({240}),
          {{optimum, static_cast<double>(f(optimum).item())}},
          true,
          {},
          {}};
}

TestFunction quadratic_of(double condition, std::size_t n) {
  return {concat("quadratic_", condition),
          concat("½(θ − 1)ᵀH(θ − 1), H rotated, condition ", condition, ", n = ", n),
          quadratic(condition, n),
          quadratic_residuals(condition, n),
          zeros({n}),
          {{full({n}, 1), 0}},
          true,
          n == 2 ? vector({-1, -1}) : Tensor(),
          n == 2 ? vector({3, 3}) : Tensor()};
}

std::vector<TestFunction> make_test_functions() {
  const Tensor three = vector({0, 1, 2}), heights = vector({1, Real(2.1), Real(2.9)});
  const Objective line = line_residuals(three, heights);
  const Objective exponential = exponential_residuals(three, heights);
  const Real tang = Real(-2.9035340277711770951);
  return {
      {"sphere",
       "x² + y²",
       sphere,
       sphere_residuals,
       vector({3, -4}),
       {{vector({0, 0}), 0}},
       true,
       vector({-5, -5}),
       vector({5, 5})},
      {"booth",
       "(x + 2y − 7)² + (2x + y − 5)²",
       booth,
       booth_residuals,
       vector({0, 0}),
       {{vector({1, 3}), 0}},
       true,
       vector({-10, -10}),
       vector({10, 10})},
      quadratic_of(10, 2),
      quadratic_of(1000, 10),
      {"line",
       "Σ (a·x + b − y)² over the points (0, 1), (1, 2.1), (2, 2.9)",
       sum_of_squares(line),
       line,
       vector({0, 0}),
       {{vector({Real(0.95), Real(1.05)}), 0.015}},
       true,
       vector({-1, -1}),
       vector({3, 3})},
      regression_15(),
      {"beale",
       "(1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)², Beale 1958",
       beale,
       beale_residuals,
       vector({1, 1}),
       {{vector({3, Real(0.5)}), 0}},
       true,
       vector({Real(-4.5), Real(-4.5)}),
       vector({Real(4.5), Real(4.5)})},
      {"rosenbrock",
       "100(y − x²)² + (1 − x)², Rosenbrock 1960",
       rosenbrock,
       rosenbrock_residuals,
       vector({Real(-1.2), 1}),
       {{vector({1, 1}), 0}},
       true,
       vector({-2, -1}),
       vector({2, 3})},
      {"exponential",
       "Σ (a·exp(−b(x − c)²) − y)² over the points (0, 1), (1, 2.1), (2, 2.9)",
       sum_of_squares(exponential),
       exponential,
       vector({2, Real(0.1), 1}),
       {{vector({Real(2.9446615697406928062), Real(0.2095819762331631409),
                 Real(2.2700409120676501192)}),
         0}},
       true,
       {},
       {}},
      {"rosenbrock_10",
       "Σ 100(θᵢ₊₁ − θᵢ²)² + (1 − θᵢ)², n = 10, Rosenbrock 1960",
       rosenbrock,
       rosenbrock_residuals,
       zeros({10}),
       {{full({10}, 1), 0}},
       false,
       {},
       {}},
      {"himmelblau",
       "(x² + y − 11)² + (x + y² − 7)², Himmelblau 1972",
       himmelblau,
       himmelblau_residuals,
       vector({0, 0}),
       {{vector({3, 2}), 0},
        {vector({Real(-2.8051180869527448531), Real(3.1313125182505729658)}), 0},
        {vector({Real(-3.7793102533777468919), Real(-3.2831859912861694123)}), 0},
        {vector({Real(3.5844283403304917449), Real(-1.8481265269644035535)}), 0}},
       false,
       vector({-5, -5}),
       vector({5, 5})},
      {"styblinski_tang",
       "½ Σ θᵢ⁴ − 16θᵢ² + 5θᵢ, n = 2, Styblinski and Tang 1990",
       styblinski_tang,
       {},
       vector({Real(-0.5), -1}),
       {{vector({tang, tang}), 2 * -39.166165703771415464}},
       false,
       vector({-5, -5}),
       vector({5, 5})},
      {"rastrigin",
       "20 + Σ θᵢ² − 10·cos 2πθᵢ, n = 2, Rastrigin 1974",
       rastrigin,
       {},
       vector({Real(2.2), Real(-1.3)}),
       {{vector({0, 0}), 0}},
       false,
       vector({Real(-5.12), Real(-5.12)}),
       vector({Real(5.12), Real(5.12)})},
      {"two_hills",
       "−exp(−(x + 1)² − (y − 1)²) − 0.6·exp(−(x − 1)² − 0.5(y + 1)² + 0.1(x − 3)(y − 3))",
       [](const Var& theta) { return -two_hills(theta); },
       {},
       vector({0, 0}),
       {{vector({Real(0.7886185572001652737), Real(-1.2202182651289012444)}),
         -1.424331518030124787}},
       false,
       vector({-3, -4}),
       vector({3, 3})},
      {"nightmare",
       "a wide bowl, two dents, a wall and ripples around (−3, −0.5)",
       nightmare,
       {},
       vector({0, 0}),
       {{vector({Real(-2.9862009507293581246), Real(0.7393942849583871815)}),
         -1.0136347796175641817}},
       false,
       vector({-8, -8}),
       vector({8, 8})},
      {"quartic",
       "x⁴ − 40x² − 100x",
       quartic,
       {},
       vector({10}),
       {{vector({5}), -875}},
       false,
       vector({-7}),
       vector({8})},
  };
}

}  // namespace

const std::vector<TestFunction>& test_functions() {
  static const std::vector<TestFunction> all = make_test_functions();
  return all;
}

const TestFunction& test_function(std::string_view name) {
  std::string names;
  for (const TestFunction& function : test_functions()) {
    if (function.name == name) return function;
    names += (names.empty() ? "" : ", ") + function.name;
  }
  fail_usage("test_function", "there is no \"", name, "\". There are: ", names, '.');
}

}  // namespace objectives
}  // namespace reel::inline REEL_PRECISION
