// Objectives: functions with known minima for testing methods.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <reel/optim/minimize/problem.h>

namespace reel::inline REEL_PRECISION {
namespace objectives {

using optim::Objective;

// ---- functions of θ (n)

/// Σ θᵢ²
Var sphere(const Var& theta);
/// Σ 100(θᵢ₊₁ − θᵢ²)² + (1 − θᵢ)²: a bent valley, flat along its floor. Rosenbrock 1960. Throws
/// Error for fewer than two elements.
Var rosenbrock(const Var& theta);
/// ½ Σ θᵢ⁴ − 16θᵢ² + 5θᵢ. Styblinski and Tang 1990.
Var styblinski_tang(const Var& theta);
/// 10n + Σ θᵢ² − 10·cos 2πθᵢ. Rastrigin 1974.
Var rastrigin(const Var& theta);
/// Σ θᵢ⁴ − 40θᵢ² − 100θᵢ; one minimum is at θᵢ = 5.
Var quartic(const Var& theta);

// ---- functions of θ (2), written x, y. Each throws Error for another shape

/// (1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)². Beale 1958.
Var beale(const Var& theta);
/// (x² + y − 11)² + (x + y² − 7)²: four minima, all 0. Himmelblau 1972.
Var himmelblau(const Var& theta);
/// (x + 2y − 7)² + (2x + y − 5)²
Var booth(const Var& theta);
/// exp(−(x + 1)² − (y − 1)²) + 0.6·exp(−(x − 1)² − 0.5(y + 1)² + 0.1(x − 3)(y − 3)): maximise it.
Var two_hills(const Var& theta);
/// With p = (−2, 3) and q = (3, 0.5): −exp(−‖θ−p‖²/20) + exp(−‖θ+p‖²/20) − 0.08·sin(6‖θ+q‖) −
/// 0.75·exp(−‖θ−q‖²/5) − 0.75·exp(−‖θ+q‖²/2) + exp(−2(y + 1)²): it has many minima that are nearly
/// as low as the lowest one.
Var nightmare(const Var& theta);

// ---- residuals r of the sums of squares above: f = Σ rᵢ²

Var sphere_residuals(const Var& theta);
Var rosenbrock_residuals(const Var& theta);
Var beale_residuals(const Var& theta);
Var himmelblau_residuals(const Var& theta);
Var booth_residuals(const Var& theta);

/// Σ rᵢ² of residuals, as an objective: twice the value that `minimize_least_squares` minimises.
Objective sum_of_squares(Objective residuals);

// ---- objectives with parameters or data

/// The residuals of ½(θ − 1)ᵀH(θ − 1) for θ (n). H has the eigenvalues condition^(i/(n−1)), i = 0 …
/// n − 1, and no eigenvector along an axis (for n > 1). Memory is linear in n. Throws Error for a
/// condition below 1 and for n = 0.
Objective quadratic_residuals(double condition, std::size_t n);
/// The same quadratic as one number.
Objective quadratic(double condition, std::size_t n);

/// a·xᵢ + b − yᵢ of θ = (a, b), for points x (m), y (m). Throws Error unless both are vectors of
/// the same size.
Objective line_residuals(const Tensor& x, const Tensor& y);
/// a·exp(−b(xᵢ − c)²) − yᵢ of θ = (a, b, c).
Objective exponential_residuals(const Tensor& x, const Tensor& y);

/// The mean squared error of x·W + b for inputs x (m, k) and outputs y (m, j), as a function of θ
/// (k·j + j): W (k, j) by rows, then b (j). Throws Error for other shapes.
Objective linear_regression(const Tensor& x, const Tensor& y);
/// The residuals, scaled so that their squares add up to the mean squared error.
Objective linear_regression_residuals(const Tensor& x, const Tensor& y);
/// The minimum in closed form, from the normal equations. Throws Error if there are several.
Tensor linear_regression_optimum(const Tensor& x, const Tensor& y);

// ---- the test functions

struct Minimum {
  Tensor theta;
  double value;
};

struct TestFunction {
  std::string name;     ///< "rosenbrock"; "rosenbrock_10" in ten dimensions
  std::string formula;  ///< in words and symbols, with its source
  Objective f;
  Objective residuals;          ///< with f = Σ rᵢ²; empty if f is not a sum of squares
  Tensor start;                 ///< the start for all methods
  std::vector<Minimum> minima;  ///< the global minima
  /// One local minimum and no maximum; all other critical points are saddles.
  bool unimodal;
  Tensor low, high;  ///< the corners of the region to draw; empty above two dimensions
};

/// All test functions, in the order of the table in docs/minimize.md.
const std::vector<TestFunction>& test_functions();
/// The test function with this name. Throws Error, listing the names, if there is none.
const TestFunction& test_function(std::string_view name);

}  // namespace objectives
}  // namespace reel::inline REEL_PRECISION
