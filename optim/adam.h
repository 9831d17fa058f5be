// Adam: averages of g and g², both corrected for their start at zero.
#pragma once

#include <reel/optim/optimizer.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of Adam.
struct AdamOptions {
  double lr = 1e-3;         ///< the learning rate
  double beta1 = 0.9;       ///< of the average of g
  double beta2 = 0.999;     ///< of the average of g²
  double eps = 1e-8;        ///< added to the denominator
  bool amsgrad = false;     ///< divide by the largest v so far
  double l2 = 0;            ///< λ of the penalty in the gradient; see Optimizer
  double weight_decay = 0;  ///< decoupled
};

/// m = β₁m + (1 − β₁)g; v = β₂v + (1 − β₂)g²; p −= lr/(1 − β₁ᵗ) · m/(√v/√(1 − β₂ᵗ) + eps).
/// Kingma and Ba, ICLR 2015; AMSGrad: Reddi, Kale and Kumar, ICLR 2018, on the raw v as in PyTorch.
class Adam : public Optimizer {
 public:
  /// Throws Error for options outside their ranges.
  explicit Adam(const Groups& groups, const AdamOptions& options = {});

 protected:
  /// For methods that differ from Adam in their penalty alone.
  Adam(std::string_view method, const Groups& groups, const AdamOptions& options);

 private:
  void update(const Update& u) const override;
  AdamOptions options_;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
