// Linear: the fully connected layer.
#pragma once

#include <reel/nn/module.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

/// The options of Linear.
struct LinearOptions {
  bool bias = true;  ///< whether it adds a bias
};

/// y = x·Wᵀ + b: (batch, in) → (batch, out), with W (out, in) and b (out).
class Linear : public Module {
 public:
  /// The layer has no values until `nn::init`. Throws Error if `in` or `out` is 0.
  Linear(std::size_t in, std::size_t out, const LinearOptions& options = {});

  Var forward(const Var& x) const override;  ///< (batch, in) → (batch, out)
  /// relu(forward(x)) as one operation, in this layer's Scope.
  Var forward_relu(const Var& x) const;
  /// Throws Error unless `shape` is the shape of an input, (batch, in).
  void expect_input(const Shape& shape) const;
  void visit(Visitor& v) override;
  void reset(Init scheme, Rng& rng) override;
  std::string describe() const override;
  /// A layer with copies of the values.
  Linear clone() const;

  /// The number of inputs.
  std::size_t in() const { return weight.shape()[1]; }
  /// The number of outputs.
  std::size_t out() const { return weight.shape()[0]; }

  Parameter weight;  ///< (out, in)
  Parameter bias;    ///< empty if the layer has none
};

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
