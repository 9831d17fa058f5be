// Eager linear algebra on tensors: the overloads for plain tensors of differentiable operations in
// ops.h. Throws Error for what is no square matrix.
#pragma once

#include <reel/autodiff/tensor.h>

namespace reel::inline REEL_PRECISION {

/// Throws Error for a singular matrix, as do solve and log_determinant.
Tensor inverse(const Tensor& x);
/// A⁻¹·b for A (n, n) and b (n) or (n, m).
Tensor solve(const Tensor& a, const Tensor& b);
Tensor determinant(const Tensor& x);
/// log |det x|
Tensor log_determinant(const Tensor& x);
/// The lower triangle L with L·Lᵀ = x. Reads the lower triangle of x. Throws Error if x is not
/// positive definite.
Tensor cholesky(const Tensor& x);

}  // namespace reel::inline REEL_PRECISION
