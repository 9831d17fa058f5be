// RMSprop: divides gradients by a running root mean square.
#pragma once

#include <reel/optim/optimizer.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of Rmsprop.
struct RmspropOptions {
  double lr = 1e-2;         ///< the learning rate
  double alpha = 0.99;      ///< of the average of g²
  double eps = 1e-8;        ///< added to the denominator
  double momentum = 0;      ///< μ
  bool centered = false;    ///< divide by the running standard deviation instead
  double l2 = 0;            ///< λ of the penalty in the gradient; see Optimizer
  double weight_decay = 0;  ///< decoupled
};

/// v = αv + (1 − α)g²; d = g/(√v + eps). If centered: d = g/(√(v − m²) + eps) with m = αm + (1 −
/// α)g. p −= lr·d; with momentum b = μb + d, p −= lr·b. Tieleman and Hinton, 2012; eps outside the
/// root, as in PyTorch.
class Rmsprop : public Optimizer {
 public:
  /// Throws Error for options outside their ranges.
  explicit Rmsprop(const Groups& groups, const RmspropOptions& options = {});

 private:
  void update(const Update& u) const override;
  RmspropOptions options_;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
