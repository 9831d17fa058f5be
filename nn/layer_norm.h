// LayerNorm: normalises the features of each sample.
#pragma once

#include <reel/nn/module.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

/// The options of LayerNorm.
struct LayerNormOptions {
  double eps = 1e-5;   ///< added to the variance
  bool affine = true;  ///< whether there is a weight and a bias
};

/// y = (x − mean)/√(variance + eps)·weight + bias with the mean and the biased variance over the
/// last axis: (…, n) → (…, n). The same in training and in eval mode.
/// (Ba, Kiros and Hinton, arXiv:1607.06450)
class LayerNorm : public Module {
 public:
  /// Starts with weight 1 and bias 0; `nn::init` does not change them. Throws Error if `features`
  /// is 0, and unless eps > 0 (as a Real).
  explicit LayerNorm(std::size_t features, const LayerNormOptions& options = {});

  Var forward(const Var& x) const override;
  void visit(Visitor& v) override;
  void reset(Init scheme, Rng& rng) override;
  std::string describe() const override;
  /// A layer with copies of the values.
  LayerNorm clone() const;

  /// The number of columns that it normalises.
  std::size_t features() const { return features_; }
  /// The number that it adds to the variance.
  double eps() const noexcept { return options_.eps; }

  Parameter weight, bias;  ///< (n); empty unless affine

 private:
  std::size_t features_;
  LayerNormOptions options_;
};

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
