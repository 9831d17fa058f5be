// The memory of L-BFGS: pairs of vectors that stand for an inverse Hessian.
#pragma once

#include <cstddef>
#include <deque>

#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// A step s, and the change y of the gradient over it.
struct CurvaturePair {
  CurvaturePair(Tensor step, Tensor change);

  Tensor s, y;
  double sy, yy;  ///< s·y and y·y
};

/// The last pairs, and the matrix B that BFGS makes of them from (s·y/y·y)·1, s and y the last
/// ones, or from 1 while there are none: an estimate of the inverse Hessian in memory linear in the
/// number of parameters. Nocedal 1980.
class CurvaturePairs {
 public:
  /// Keeps as many as `most`, at least 1.
  explicit CurvaturePairs(std::size_t most) : most_(most) {}

  /// Remembers a pair with s·y > 0, in place of the oldest if there are `most` already.
  void push(CurvaturePair pair);
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
