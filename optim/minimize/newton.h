// Newton's method: steps with the exact Hessian, in full or damped.
#pragma once

#include <reel/optim/minimize/line_search.h>
#include <reel/optim/minimize/minimize.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// θ −= H⁻¹·∇f, the full step of the textbook: exact on a quadratic, quadratic convergence near a
/// minimum. It only solves ∇f = 0, so it also converges to saddles and maxima, and the value may
/// rise. If the Hessian is singular up to rounding, it ends with Status::stalled. A step takes n
/// sweeps for the Hessian and n³ operations.
Method newton();

/// The options of `damped_newton`.
struct DampedNewtonOptions {
  LineSearch line_search = LineSearch::backtracking;  ///< how the length of a step is chosen
  double floor = 1e-8;  ///< smaller eigenvalues are raised to this times the largest
};

/// Newton's direction with |λ| in place of the Hessian's eigenvalues λ, which is always a descent
/// direction (Greenstadt 1967), and a line search along it. It descends from any point, and leaves
/// saddles along negative curvature.
Method damped_newton(const DampedNewtonOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
