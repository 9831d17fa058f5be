// NAdam: Adam with Nesterov's look-ahead.
#pragma once

#include <reel/optim/optimizer.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

struct NAdamOptions {
  double lr = 2e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double momentum_decay = 4e-3;  ///< ψ
  double l2 = 0;
  double weight_decay = 0;  ///< decoupled
};

/// μₜ = β₁(1 − 0.96^(tψ)/2), ψ: momentum_decay; Π = μ₁·…·μₜ; m and v as in Adam; p −= lr·((1 −
/// μₜ)/(1 − Π)·g + μₜ₊₁/(1 − Π·μₜ·μₜ₊₁)·m)/(√(v/(1 − β₂ᵗ)) + eps). Dozat, ICLR workshop 2016. There
/// the last divisor is 1 − Π·μₜ₊₁; PyTorch 1.13 has μₜ in it twice, and Reel follows PyTorch.
class NAdam : public Optimizer {
 public:
  explicit NAdam(const Groups& groups, const NAdamOptions& options = {});

 private:
  double momentum(double t) const;
  double next_number(double product, std::int64_t t) const override;
  void update(const Update& u) const override;
  NAdamOptions options_;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
