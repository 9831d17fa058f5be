// The line search of Lbfgs.
#pragma once

#include <functional>

#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The values at p + t·d.
struct LbfgsTrial {
  double t, loss;
  double slope;  ///< g·d
  Tensor gradient;
};

/// Looks for a t with loss ≤ loss₀ + 1e-4·t·slope₀ and |slope| ≤ 0.9·|slope₀|, the strong Wolfe
/// conditions. Calls `at` up to 26 times, with `first` as the first length. Nocedal and Wright,
/// Numerical Optimization, 2006, algorithms 3.5 and 3.6, with the cubic steps, limits and
/// safeguards of PyTorch 1.13; but a loss or slope that is not finite counts as too far. `start` is
/// the trial at 0, `size` is max |dᵢ|. Returns the lowest trial if none fits; this may be `start`
/// itself.
LbfgsTrial search_wolfe(const std::function<LbfgsTrial(double t)>& at, const LbfgsTrial& start,
                        double first, double size);

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
