// AdamW: Adam with decoupled weight decay.
#pragma once

#include <reel/optim/adam.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  bool amsgrad = false;  ///< divide by the largest v so far
  double l2 = 0;
  double weight_decay = 1e-2;  ///< decoupled
};

/// p *= 1 − lr·weight_decay, then Adam. Loshchilov and Hutter, ICLR 2019.
class AdamW : public Adam {
 public:
  explicit AdamW(const Groups& groups, const AdamWOptions& options = {});
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
