// The memory of L-BFGS: pairs of vectors that represent an inverse Hessian.
#pragma once

#include <cstddef>
#include <deque>

#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// A step s, and the change y of the gradient in that step.
struct CurvaturePair {
  /// The pair of a step and the change of the gradient along it.
  CurvaturePair(Tensor step, Tensor change);

  Tensor s, y;    ///< the step, and the change of the gradient
  double sy, yy;  ///< s·y and y·y
};

/// The last pairs represent a matrix B, an estimate of the inverse Hessian, in memory linear in the
/// number of parameters. B starts as (s·y/y·y)·1 with the last s and y, or as 1 without pairs, and
/// is updated by BFGS with each pair. Nocedal 1980.
class CurvaturePairs {
 public:
  /// Keeps at most `most` pairs, at least 1.
  explicit CurvaturePairs(std::size_t most) : most_(most) {}

  /// Stores a pair with s·y > 0; if there are already `most` pairs, it replaces the oldest.
  void push(CurvaturePair pair);
  /// Forgets all pairs.
  void clear() { pairs_.clear(); }
  /// The oldest first.
  const std::deque<CurvaturePair>& pairs() const noexcept { return pairs_; }

  /// −B·g, by two loops over the pairs.
  Tensor direction(const Tensor& g) const;

 private:
  std::size_t most_;
  std::deque<CurvaturePair> pairs_;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
