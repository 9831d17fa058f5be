// AdaMax: Adam with a decaying maximum of |g| in place of the root mean square.
#pragma once

#include <reel/optim/optimizer.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

struct AdaMaxOptions {
  double lr = 2e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double l2 = 0;
  double weight_decay = 0;  ///< decoupled
};

/// m = β₁m + (1 − β₁)g; u = max(β₂u, |g| + eps); p −= lr/(1 − β₁ᵗ) · m/u. Kingma and Ba, ICLR 2015;
/// eps as in PyTorch.
class AdaMax : public Optimizer {
 public:
  explicit AdaMax(const Groups& groups, const AdaMaxOptions& options = {});

 private:
  void update(const Update& u) const override;
  AdaMaxOptions options_;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
