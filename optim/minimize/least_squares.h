// Methods for minimize_least_squares, which use the Jacobian of the residuals.
#pragma once

#include <reel/optim/minimize/minimize.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// θ −= J⁺·r: the full step to the minimum of the linearised residuals. The value may rise. If J
/// does not have full rank, it takes the shortest of the possible steps.
Method gauss_newton();

/// The options of `levenberg_marquardt`.
struct LevenbergMarquardtOptions {
  double damping = 1e-3;  ///< the first ν above 0, relative to the largest element of diag JᵀJ
};

/// θ −= (JᵀJ + νI)⁻¹·Jᵀr (Levenberg 1944, Marquardt 1963); a step is accepted if the value falls. ν
/// is 0 while steps without damping are accepted, so linear residuals need only one step. After
/// that, ν rises and falls depending on how the actual reduction compares with the predicted one,
/// as in Nielsen, Damping parameter in Marquardt's method (1999), but faster: the first rise is
/// fourfold; a fall is up to tenfold, and a thousandfold if the prediction was within one percent.
/// A rejected step costs one value. A step is also rejected if the value or the Jacobian is not
/// finite there. The system is solved as the least squares problem of (J; √ν·I), which avoids the
/// squared condition number of JᵀJ.
Method levenberg_marquardt(const LevenbergMarquardtOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
