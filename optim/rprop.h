// Rprop: each element has its own step, which grows or shrinks by the signs of its gradient alone.
#pragma once

#include <reel/optim/optimizer.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of Rprop.
struct RpropOptions {
  double lr = 1e-2;  ///< the first step of a parameter; changing the rate later has no effect
  /// The factors of a step after the sign of g changed, and after it stayed.
  double down = 0.5, up = 1.2;
  double shortest = 1e-6, longest = 50;  ///< the bounds of a step
  double l2 = 0;                         ///< λ of the penalty in the gradient; see Optimizer
  double weight_decay = 0;               ///< decoupled
};

/// If g keeps its sign, the step grows by the factor `up`. If the sign changes, the step shrinks by
/// the factor `down`, and g counts as 0, both in this update and in the next comparison of signs.
/// The step stays in [shortest, longest]; p −= step·sign(g). For gradients of the whole data set:
/// gradients of batches change sign by chance. Riedmiller and Braun, ICNN 1993; it does not take
/// back the last step, as in PyTorch.
class Rprop : public Optimizer {
 public:
  /// Throws Error unless 0 < down < 1 < up and 0 ≤ shortest ≤ longest.
  explicit Rprop(const Groups& groups, const RpropOptions& options = {});

 private:
  void update(const Update& u) const override;
  RpropOptions options_;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
