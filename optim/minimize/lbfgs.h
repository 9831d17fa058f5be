// L-BFGS: BFGS with memory linear in θ.
#pragma once

#include <cstddef>

#include <reel/optim/minimize/line_search.h>
#include <reel/optim/minimize/minimize.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of the method `lbfgs`.
struct LbfgsMethodOptions {
  std::size_t memory = 10;                            ///< m ≥ 1: how many steps it stores
  LineSearch line_search = LineSearch::strong_wolfe;  ///< or exact
  double decrease = 1e-3;                             ///< c₁ of the line search
  double curvature = 0.9;                             ///< c₂
};

/// d = −Bg, where BFGS makes B from (s·y/y·y)·1 and the last m steps. B is never formed: two loops
/// over the pairs s, y compute d. Nocedal 1980; Liu and Nocedal 1989. The first length is min(1,
/// 1/‖g‖) along −g, later 1. Stores 2m + a few vectors of θ's size. Tolerances as in SciPy's
/// L-BFGS-B (Zhu, Byrd, Lu and Nocedal 1997): max|gᵢ| ≤ 1e-5, values within 2.2e-9, 15,000
/// iterations. Throws Error for m = 0, another line search, and unless 0 < c₁ < c₂ < 1.
Method lbfgs(const LbfgsMethodOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
