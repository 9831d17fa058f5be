// Adagrad: a learning rate for each element, which falls as its gradients add up.
#pragma once

#include <reel/optim/optimizer.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of Adagrad.
struct AdagradOptions {
  double lr = 1e-2;         ///< the learning rate
  double lr_decay = 0;      ///< the rate in step t is lr / (1 + (t − 1)·lr_decay)
  double eps = 1e-10;       ///< added to the denominator
  double start = 0;         ///< the initial sum of squares
  double l2 = 0;            ///< λ of the penalty in the gradient; see Optimizer
  double weight_decay = 0;  ///< decoupled
};

/// s += g²; p −= lr/(1 + (t − 1)·lr_decay) · g/(√s + eps). Duchi, Hazan and Singer, JMLR 2011.
class Adagrad : public Optimizer {
 public:
  /// Throws Error for options outside their ranges.
  explicit Adagrad(const Groups& groups, const AdagradOptions& options = {});

 private:
  void update(const Update& u) const override;
  AdagradOptions options_;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
