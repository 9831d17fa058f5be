// Matrix products.
#pragma once

#include <reel/autodiff/engine/var.h>

namespace reel::inline REEL_PRECISION {

/// [M,K]·[K,N] → [M,N]. A vector on the left counts as a row, a vector on the right as a column;
/// the result has no axis for it. Further axes on the left are batches, and broadcast.
Var matmul(const Var& a, const Var& b);
/// The same for matrices and batches of matrices. An operand is transposed first if its flag is
/// set.
Var matmul(const Var& a, bool transpose_a, const Var& b, bool transpose_b);
/// The inner product Σ aᵢbᵢ of two vectors; the outer product, the matrix aᵢbⱼ.
Var dot(const Var& a, const Var& b);
/// The outer product of two vectors: the matrix aᵢbⱼ.
Var outer(const Var& a, const Var& b);
/// x·Wᵀ + b: x (batch, in), W (out, in), b (out) → (batch, out).
Var affine(const Var& x, const Var& weight, const Var& bias);
/// relu(affine(x, weight, bias)) as one operation; saves one pass over memory forward and backward.
Var affine_relu(const Var& x, const Var& weight, const Var& bias);

}  // namespace reel::inline REEL_PRECISION
