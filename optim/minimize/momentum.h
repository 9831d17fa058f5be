// Momentum: gradient descent with a velocity.
#pragma once

#include <reel/optim/minimize/minimize.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of `momentum`.
struct MomentumOptions {
  double step = 0.1;      ///< δ, above 0
  double momentum = 0.9;  ///< α, in [0, 1)
  /// The velocity before the first iteration.
  enum class Start { zero, gradient } start = Start::zero;  ///< 0, or the gradient
  /// θ −= αv + δ∇f instead: the gradient is taken where v is about to go. Nesterov 1983; θ is the
  /// look-ahead point (Sutskever et al., ICML 2013).
  bool nesterov = false;
};

/// v = αv + δ∇f; θ −= v. Polyak 1964. Where the gradient changes little, the step tends to δ/(1 −
/// α)·∇f. Equal to Sgd's b = αb + ∇f; θ −= δb while δ is constant. Throws Error for options outside
/// their ranges.
Method momentum(const MomentumOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
