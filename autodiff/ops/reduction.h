// Reductions; `{}` is all axes.
#pragma once

#include <reel/autodiff/engine/var.h>
#include <reel/autodiff/tensor/kernels.h>

namespace reel::inline REEL_PRECISION {

/// The sum along these axes; along all without axes.
Var sum(const Var& x, const Axes& axes = {}, bool keep_dims = false);
/// Throws Error if there are no elements.
Var mean(const Var& x, const Axes& axes = {}, bool keep_dims = false);
/// 1 if there are no elements. Derivatives of any order are right for zeros as well.
Var product(const Var& x, const Axes& axes = {}, bool keep_dims = false);
/// Equal values share the gradient evenly. Throws Error if there are no elements.
Var max(const Var& x, const Axes& axes = {}, bool keep_dims = false);
/// The smallest value along the axes; equal values share the gradient evenly.
Var min(const Var& x, const Axes& axes = {}, bool keep_dims = false);
/// Σ (x − mean)² / (n − correction): unbiased by default. Throws Error unless n > correction.
Var variance(const Var& x, const Axes& axes = {}, bool keep_dims = false, Real correction = 1);
/// The square root of the variance; derivative 0 where it is 0.
Var standard_deviation(const Var& x, const Axes& axes = {}, bool keep_dims = false,
                       Real correction = 1);
/// √Σ x², without overflow or underflow; derivative 0 where it is 0.
Var norm(const Var& x, const Axes& axes = {}, bool keep_dims = false);
/// log Σ eˣ; finite for any finite x.
Var logsumexp(const Var& x, const Axes& axes = {}, bool keep_dims = false);
/// Replaces each element by the sum of all elements up to it along an axis; if `reverse`, from it
/// on.
Var cumulative_sum(const Var& x, int axis = -1, bool reverse = false);

}  // namespace reel::inline REEL_PRECISION
