// BatchNorm: normalises each feature over the batch.
#pragma once

#include <reel/nn/module.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

/// The options of BatchNorm.
struct BatchNormOptions {
  double eps = 1e-5;      ///< added to the variance
  double momentum = 0.1;  ///< the weight of the new batch in the running statistics
  bool operator==(const BatchNormOptions&) const = default;  ///< whether all are equal
};

/// y = (x − mean)/√(variance + eps)·weight + bias: (batch, n) → (batch, n). In training it uses the
/// statistics of the batch, and moves the running mean and running variance (unbiased) towards
/// them. In eval mode it uses the running statistics. (Ioffe and Szegedy, ICML 2015)
class BatchNorm : public Module {
 public:
  /// Starts with weight 1 and bias 0; `nn::init` does not change them. Throws Error if `features`
  /// is 0, and unless eps > 0 (as a Real) and 0 ≤ momentum ≤ 1.
  explicit BatchNorm(std::size_t features, const BatchNormOptions& options = {});

  /// In training, throws Error for fewer than two rows.
  Var forward(const Var& x) const override;
  void visit(Visitor& v) override;
  void reset(Init scheme, Rng& rng) override;
  std::string describe() const override;
  /// A layer with copies of the values.
  BatchNorm clone() const;

  /// The number of columns that it normalises.
  std::size_t features() const { return weight.shape()[0]; }
  /// The options that it was made with.
  const BatchNormOptions& options() const noexcept { return options_; }

  Parameter weight, bias;                    ///< (n)
  mutable Tensor running_mean, running_var;  ///< (n); initially 0 and 1

 private:
  BatchNormOptions options_;
};

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
