// The losses under the names that model code uses; each is one fused operation of ops.h.
#pragma once

#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/loss.h>
#include <reel/autodiff/ops/reduction.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

/// −log softmax(logits)[label]; see softmax_cross_entropy.
inline Var cross_entropy(const Var& logits, std::span<const Label> labels,
                         Reduction reduction = Reduction::mean) {
  return softmax_cross_entropy(logits, labels, reduction);
}

/// The same with class weights, label smoothing and labels to ignore.
inline Var cross_entropy(const Var& logits, std::span<const Label> labels,
                         const CrossEntropyOptions& options) {
  return softmax_cross_entropy(logits, labels, options);
}

/// (prediction − target)²; see squared_error.
using reel::squared_error;

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
