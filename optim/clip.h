// Gradient clipping, between a backward pass and a step.
#pragma once

#include <vector>

#include <reel/autodiff/engine/var.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

// Parameters without a gradient are skipped. If another handle shares a gradient, the gradient is
// replaced by a new tensor instead of changed. All throw Error for a parameter that is given twice.

/// The Euclidean norm of all gradients together, summed in double; 0 if there are none.
double gradient_norm(const std::vector<Parameter>& parameters);

/// Scales all gradients by min(1, most/(norm + 1e-6)), and returns the norm before scaling. If the
/// norm is infinite, finite entries become 0 and infinite ones NaN; if it is NaN, all become NaN,
/// as in PyTorch. So check isfinite(norm) before you step. Throws Error unless 0 ≤ most < ∞.
/// Pascanu, Mikolov and Bengio, ICML 2013.
double clip_gradient_norm(const std::vector<Parameter>& parameters, double most);

/// Clips every entry to [−limit, limit]; NaN stays NaN. Throws Error unless limit ≥ 0.
void clip_gradient_value(const std::vector<Parameter>& parameters, double limit);

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
