// AdamW: Adam with decoupled weight decay.
#pragma once

#include <reel/optim/adam.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of AdamW.
struct AdamWOptions {
  double lr = 1e-3;            ///< the learning rate
  double beta1 = 0.9;          ///< of the average of g
  double beta2 = 0.999;        ///< of the average of g²
  double eps = 1e-8;           ///< added to the denominator
  bool amsgrad = false;        ///< divide by the largest v so far
  double l2 = 0;               ///< λ of the penalty in the gradient; see Optimizer
  double weight_decay = 1e-2;  ///< decoupled
};

/// p *= 1 − lr·weight_decay, then Adam. Loshchilov and Hutter, ICLR 2019.
class AdamW : public Adam {
 public:
  /// Throws Error for options outside their ranges.
  explicit AdamW(const Groups& groups, const AdamWOptions& options = {});
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
