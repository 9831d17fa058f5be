// The line search of Lbfgs.
#pragma once

#include <functional>

#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// What is known at p + t·d.
struct LbfgsTrial {
  double t, loss;
  double slope;  ///< g·d
  Tensor gradient;
};

/// Looks for a t with loss ≤ loss₀ + 1e-4·t·slope₀ and |slope| ≤ 0.9·|slope₀|, the strong Wolfe
/// conditions, by up to 26 calls of `at`, `first` the first. Nocedal and Wright, Numerical
/// Optimization, 2006, algorithms 3.5 and 3.6, with the cubic steps, limits and safeguards of
/// PyTorch 1.13, but that losses and slopes that are not finite are too far. `start` is at 0,
/// `size` is max |dᵢ|. Returns the lowest trial if none fits, `start` itself included.
LbfgsTrial search_wolfe(const std::function<LbfgsTrial(double t)>& at, const LbfgsTrial& start,
                        double first, double size);

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
