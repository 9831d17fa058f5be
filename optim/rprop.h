// Rprop: a step for each number, longer or shorter by the sign of its gradient alone.
#pragma once

#include <reel/optim/optimizer.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

struct RpropOptions {
  double lr = 1e-2;  ///< the first step of a parameter; a rate set later changes nothing
  double down = 0.5, up = 1.2;
  double shortest = 1e-6, longest = 50;
  double l2 = 0;
  double decay = 0;  ///< decoupled
};

/// Where g keeps its sign, the step grows by `up`; where it changes, the step shrinks by `down`,
/// and g counts as 0, now and as the sign to compare with next; the step stays in [shortest,
/// longest]; p −= step·sign(g). For gradients of the whole data set: those of batches change sign
/// by chance. Riedmiller and Braun, ICNN 1993; without taking back the last step, as in PyTorch.
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
