// Adam: averages of g and g², both corrected for their start at zero.
#pragma once

#include <reel/optim/optimizer.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  bool amsgrad = false;  ///< divide by the largest v so far
  double l2 = 0;
  double weight_decay = 0;  ///< decoupled
};

/// m = β₁m + (1 − β₁)g; v = β₂v + (1 − β₂)g²; p −= lr/(1 − β₁ᵗ) · m/(√v/√(1 − β₂ᵗ) + eps).
/// Kingma and Ba, ICLR 2015; AMSGrad: Reddi, Kale and Kumar, ICLR 2018, on the raw v as in PyTorch.
class Adam : public Optimizer {
 public:
  explicit Adam(const Groups& groups, const AdamOptions& options = {});

 protected:
  Adam(std::string_view method, const Groups& groups, const AdamOptions& options);

 private:
  void update(const Update& u) const override;
  AdamOptions options_;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
