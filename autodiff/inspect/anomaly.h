// Anomaly mode: stops at the operation that made the first NaN or infinity.
#pragma once

#include <reel/autodiff/engine/observer.h>

namespace reel::inline REEL_PRECISION {

/// While it is alive, an operation of this thread throws an Error of kind `diverged` if its value,
/// or a gradient from its rule, has a NaN or an infinity. The Error names the operation, the part
/// of the model (see Scope), and the ranges of the inputs. Each value is read once more, so
/// training is slower.
class AnomalyMode : public Observer {
 public:
  [[nodiscard]] AnomalyMode() = default;
  void computed(const OperationEvent& event) override;
  /// Throws Error at a gradient that is not finite.
  void rule_ended(const BackwardEvent& event) override;
};

}  // namespace reel::inline REEL_PRECISION
