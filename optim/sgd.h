// Stochastic gradient descent, with momentum, dampening and Nesterov's look-ahead.
#pragma once

#include <limits>

#include <reel/optim/optimizer.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of Sgd.
struct SgdOptions {
  double lr = std::numeric_limits<double>::quiet_NaN();  ///< must be set
  double momentum = 0;                                   ///< μ
  double dampening = 0;                                  ///< τ
  bool nesterov = false;                                 ///< look ahead along the velocity
  double l2 = 0;            ///< λ of the penalty in the gradient; see Optimizer
  double weight_decay = 0;  ///< decoupled
};

/// In the first step b = g; later b = μb + (1 − τ)g; p −= lr·b, or lr·(g + μb) with Nesterov.
/// Polyak 1964; Sutskever, Martens, Dahl and Hinton, ICML 2013. The rate stays outside the
/// velocity, as in PyTorch.
class Sgd : public Optimizer {
 public:
  /// Throws Error if `nesterov` is set without momentum or with dampening.
  Sgd(const Groups& groups, const SgdOptions& options);

 private:
  void update(const Update& u) const override;
  SgdOptions options_;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
