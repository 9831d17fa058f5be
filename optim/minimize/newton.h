// Newton's method: steps by the exact Hessian, alone or made safe.
#pragma once

#include <reel/optim/minimize/line_search.h>
#include <reel/optim/minimize/minimize.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// θ −= H⁻¹·∇f, the textbook's full step: exact on a quadratic, quadratic convergence near a
/// minimum. It solves ∇f = 0 and asks no more, so that it converges to saddles and maxima as well,
/// and may go up. Where the Hessian is singular to rounding, it ends as Status::stalled. A step
/// takes n sweeps for the Hessian and n³ operations.
Method newton();

struct DampedNewtonOptions {
  LineSearch line_search = LineSearch::backtracking;
  double floor = 1e-8;  ///< eigenvalues are taken for no less than this times the largest
};

/// Newton's direction with |λ| in place of the Hessian's eigenvalues λ, so that it always leads
/// down (Greenstadt 1967), and a line search along it: it descends from anywhere, and leaves
/// saddles along negative curvature.
Method damped_newton(const DampedNewtonOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
