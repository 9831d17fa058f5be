// Eager linear algebra: the overloads for plain tensors of differentiable operations in ops.h. They
// throw Error unless x is a square matrix.
#pragma once

#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {

/// Throws Error for a singular matrix; solve and log_determinant do so too.
Tensor inverse(const Tensor& x);
/// A⁻¹·b for A (n, n) and b (n) or (n, m).
Tensor solve(const Tensor& a, const Tensor& b);
/// The determinant of a square matrix.
Tensor determinant(const Tensor& x);
/// log |det x|
Tensor log_determinant(const Tensor& x);
/// The lower triangle L with L·Lᵀ = x. Reads the lower triangle of x. Throws Error if x is not
/// positive definite.
Tensor cholesky(const Tensor& x);

/// x = V·diag(values)·Vᵀ.
struct Eigen {
  Tensor values;   ///< (n), ascending
  Tensor vectors;  ///< V (n, n): column i, of length 1, belongs to values(i)
};
/// The eigenvalues and eigenvectors of a symmetric matrix: reads the lower triangle of x. Throws
/// Error for elements that are not finite.
Eigen symmetric_eigen(const Tensor& x);

/// The x that minimises ‖A·x − b‖, for A (m, n) and b (m); if there are several, the one with the
/// smallest ‖x‖. Uses singular values; those below n·eps of the largest count as 0. Throws Error
/// for elements that are not finite.
Tensor solve_least_squares(const Tensor& a, const Tensor& b);

}  // namespace reel::inline REEL_PRECISION
