// BatchNorm: each feature normalised over the batch.
#pragma once

#include <reel/nn/module.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

struct BatchNormOptions {
  double eps = 1e-5;      ///< added to the variance
  double momentum = 0.1;  ///< the weight of the new batch in the running statistics
};

/// y = (x − mean)/√(variance + eps)·weight + bias: (batch, n) → (batch, n). In training with the
/// statistics of the batch, which the running ones follow: their mean, and the unbiased variance;
/// in eval mode with the running ones. (Ioffe and Szegedy, ICML 2015)
class BatchNorm : public Module {
 public:
  /// With weight 1 and bias 0, which `nn::init` leaves. Throws Error for no features, and unless
  /// eps > 0 (as a Real) and 0 ≤ momentum ≤ 1.
  explicit BatchNorm(std::size_t features, const BatchNormOptions& options = {});

  /// Throws Error in training for fewer than two rows.
  Var forward(const Var& x) const override;
  void visit(Visitor& v) override;
  void reset(Init scheme, Rng& rng) override;
  std::string describe() const override;
  BatchNorm clone() const;

  std::size_t features() const { return weight.shape()[0]; }

  Parameter weight, bias;                    ///< (n)
  mutable Tensor running_mean, running_var;  ///< (n); at first 0 and 1

 private:
  BatchNormOptions options_;
};

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
