// BFGS: learns the inverse Hessian from the gradients.
#pragma once

#include <reel/optim/minimize/line_search.h>
#include <reel/optim/minimize/minimize.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of `bfgs`.
struct BfgsOptions {
  LineSearch line_search = LineSearch::strong_wolfe;  ///< or exact
  double decrease = 1e-4;                             ///< c₁ of the line search
  double curvature = 0.9;                             ///< c₂
};

/// d = −Bg; with s = θₖ₊₁ − θₖ, y = gₖ₊₁ − gₖ and ρ = 1/y·s: B = (1 − ρsyᵀ)B(1 − ρysᵀ) + ρssᵀ,
/// starting from (s·y/y·y)·1. Broyden, Fletcher, Goldfarb, Shanno 1970; Nocedal and Wright 2006,
/// chapter 6. A step without positive curvature does not change B. If the search along d finds no
/// better point, it restarts with d = −g. Stores n² numbers for θ of n elements. Throws Error for
/// another line search, and unless 0 < c₁ < c₂ < 1.
Method bfgs(const BfgsOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
