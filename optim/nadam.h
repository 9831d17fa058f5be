// NAdam: Adam with Nesterov's look-ahead.
#pragma once

#include <reel/optim/optimizer.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of NAdam.
struct NAdamOptions {
  double lr = 2e-3;              ///< the learning rate
  double beta1 = 0.9;            ///< of the average of g
  double beta2 = 0.999;          ///< of the average of g²
  double eps = 1e-8;             ///< added to the denominator
  double momentum_decay = 4e-3;  ///< ψ
  double l2 = 0;                 ///< λ of the penalty in the gradient; see Optimizer
  double weight_decay = 0;       ///< decoupled
};

/// μₜ = β₁(1 − 0.96^(tψ)/2), ψ: momentum_decay; Π = μ₁·…·μₜ; m and v as in Adam; p −= lr·((1 −
/// μₜ)/(1 − Π)·g + μₜ₊₁/(1 − Π·μₜ·μₜ₊₁)·m)/(√(v/(1 − β₂ᵗ)) + eps). Dozat, ICLR workshop 2016. There
/// the last divisor is 1 − Π·μₜ₊₁; PyTorch 1.13 has μₜ in it twice, and Reel follows PyTorch.
class NAdam : public Optimizer {
 public:
  /// Throws Error for options outside their ranges.
  explicit NAdam(const Groups& groups, const NAdamOptions& options = {});

 private:
  double momentum(double t) const;
  double next_number(double product, std::int64_t t) const override;
  void update(const Update& u) const override;
  NAdamOptions options_;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
