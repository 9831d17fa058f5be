// AdaMax: Adam with a decaying maximum of |g| in place of the root mean square.
#pragma once

#include <reel/optim/optimizer.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of AdaMax.
struct AdaMaxOptions {
  double lr = 2e-3;         ///< the learning rate
  double beta1 = 0.9;       ///< of the average of g
  double beta2 = 0.999;     ///< of the decaying maximum of |g|
  double eps = 1e-8;        ///< added to the denominator
  double l2 = 0;            ///< λ of the penalty in the gradient; see Optimizer
  double weight_decay = 0;  ///< decoupled
};

/// m = β₁m + (1 − β₁)g; u = max(β₂u, |g| + eps); p −= lr/(1 − β₁ᵗ) · m/u. Kingma and Ba, ICLR 2015;
/// eps as in PyTorch.
class AdaMax : public Optimizer {
 public:
  /// Throws Error for options outside their ranges.
  explicit AdaMax(const Groups& groups, const AdaMaxOptions& options = {});

 private:
  void update(const Update& u) const override;
  AdaMaxOptions options_;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
