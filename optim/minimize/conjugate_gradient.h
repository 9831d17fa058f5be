// Conjugate gradients for any smooth function.
#pragma once

#include <reel/optim/minimize/line_search.h>
#include <reel/optim/minimize/minimize.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of `conjugate_gradient`.
struct ConjugateGradientOptions {
  /// β of the next direction, with y = gₖ₊₁ − gₖ
  enum class Formula {
    fletcher_reeves,                                  ///< ‖gₖ₊₁‖²/‖gₖ‖²
    polak_ribiere,                                    ///< max(0, gₖ₊₁·y/‖gₖ‖²)
  } formula = Formula::polak_ribiere;                 ///< how β is computed
  LineSearch line_search = LineSearch::strong_wolfe;  ///< or exact
  double decrease = 1e-4;                             ///< c₁ of the line search
  double curvature = 0.1;                             ///< c₂, below ½ for Fletcher–Reeves
};

/// d = −g + βd, with a line search along d. The first length is the one that would lower the value
/// as much as the last step did. Fletcher and Reeves 1964; Polak and Ribière 1969, with Powell's
/// restart of 1984. On a quadratic of n dimensions the exact line search ends in n iterations, up
/// to rounding. Restarts with −g if d does not descend enough, and with Fletcher–Reeves if
/// |gₖ₊₁·gₖ| ≥ 0.2‖gₖ₊₁‖² (Powell 1977). Throws Error for another line search, and unless 0 < c₁ <
/// c₂ < 1.
Method conjugate_gradient(const ConjugateGradientOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
