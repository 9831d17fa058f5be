// RAdam: Adam that divides by the root only after enough gradients.
#pragma once

#include <reel/optim/optimizer.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of RAdam.
struct RAdamOptions {
  double lr = 1e-3;         ///< the learning rate
  double beta1 = 0.9;       ///< of the average of g
  double beta2 = 0.999;     ///< of the average of g²
  double eps = 1e-8;        ///< added to the denominator
  double l2 = 0;            ///< λ of the penalty in the gradient; see Optimizer
  double weight_decay = 0;  ///< decoupled
};

/// ρ∞ = 2/(1 − β₂) − 1; ρ = ρ∞ − 2tβ₂ᵗ/(1 − β₂ᵗ); m and v as in Adam. While ρ ≤ 5: p −= lr/(1 −
/// β₁ᵗ)·m; after that: p −= lr/(1 − β₁ᵗ)·r·m·√(1 − β₂ᵗ)/(√v + eps) with r = √((ρ − 4)(ρ − 2)ρ∞/((ρ∞
/// − 4)(ρ∞ − 2)ρ)). Liu et al., ICLR 2020; eps as in PyTorch.
class RAdam : public Optimizer {
 public:
  /// Throws Error for options outside their ranges.
  explicit RAdam(const Groups& groups, const RAdamOptions& options = {});

 private:
  void update(const Update& u) const override;
  RAdamOptions options_;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
