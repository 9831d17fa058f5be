// L-BFGS: BFGS in memory linear in θ.
#pragma once

#include <cstddef>

#include <reel/optim/minimize/line_search.h>
#include <reel/optim/minimize/minimize.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

struct LbfgsMethodOptions {
  std::size_t memory = 10;                            ///< m ≥ 1: how many steps it remembers
  LineSearch line_search = LineSearch::strong_wolfe;  ///< or exact
  double decrease = 1e-3;                             ///< c₁ of the line search
  double curvature = 0.9;                             ///< c₂
};

/// d = −Bg with the B that BFGS gives from (s·y/y·y)·1 by the last m steps, never formed: two loops
/// over the pairs s, y. Nocedal 1980; Liu and Nocedal 1989. The first length is min(1, 1/‖g‖) along
/// −g, then 1. Holds 2m + a few vectors of θ's size. Tolerances as of L-BFGS-B (Zhu, Byrd, Lu and
/// Nocedal 1997) in SciPy: max|gᵢ| ≤ 1e-5, values within 2.2e-9, 15,000 iterations. Throws Error
/// for m = 0, another line search, and unless 0 < c₁ < c₂ < 1.
Method lbfgs(const LbfgsMethodOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
