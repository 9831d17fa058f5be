// Normalisation over a batch, and over the features of each sample.
#pragma once

#include <reel/autodiff/engine/var.h>

namespace reel::inline REEL_PRECISION {

/// The statistics of each feature over a batch; each tensor is (1, n).
struct BatchStatistics {
  Tensor mean;      ///< of each column
  Tensor variance;  ///< biased: the mean square of the distance from the mean
  Real rows;        ///< how many rows they are computed from
};
/// (x − mean)/√(variance + eps)·weight + bias with the statistics of this batch, which are written
/// to `statistics`: x (batch, n), weight and bias (n). Throws Error for fewer than two rows.
Var batch_norm(const Var& x, const Var& weight, const Var& bias, Real eps = Real(1e-5),
               BatchStatistics* statistics = nullptr);
/// (x − mean)/√(variance + eps)·weight + bias with the mean and the biased variance of each lane
/// along the last axis: x (…, n), weight and bias (n). Throws Error if n is 0.
Var layer_norm(const Var& x, const Var& weight, const Var& bias, Real eps = Real(1e-5));

}  // namespace reel::inline REEL_PRECISION
