// Linear algebra of one matrix; throws Error for any other shape.
#pragma once

#include <reel/autodiff/engine/var.h>
#include <reel/autodiff/tensor/linear_algebra.h>

namespace reel::inline REEL_PRECISION {

/// The diagonal of a matrix (n, m), min(n, m) elements; the sum of the diagonal.
Var diagonal(const Var& x);
/// The sum of the diagonal.
Var trace(const Var& x);
/// Throws Error for a singular matrix; solve and the derivative of determinant do so too.
Var inverse(const Var& x);
/// A⁻¹·b for A (n, n) and b (n) or (n, m).
Var solve(const Var& a, const Var& b);
/// The determinant of a square matrix.
Var determinant(const Var& x);
/// log |det x|. Throws Error for a singular matrix.
Var log_determinant(const Var& x);
/// The lower triangle L with L·Lᵀ = x. Reads the lower triangle of x; the gradient is symmetric.
/// Throws Error if x is not positive definite.
Var cholesky(const Var& x);

}  // namespace reel::inline REEL_PRECISION
