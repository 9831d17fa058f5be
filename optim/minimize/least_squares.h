// Methods for sums of squares, by the residuals' Jacobian: for minimize_least_squares.
#pragma once

#include <reel/optim/minimize/minimize.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// θ −= J⁺·r: the full step to where the linearised residuals are least. It may go up. Of several
/// steps, where J has not full rank, the shortest.
Method gauss_newton();

struct LevenbergMarquardtOptions {
  double damping = 1e-3;  ///< the first ν above 0, relative to the largest element of diag JᵀJ
};

/// θ −= (JᵀJ + νI)⁻¹·Jᵀr (Levenberg 1944, Marquardt 1963), accepted if the value falls. ν is 0 as
/// long as that is right, so that linear residuals take one step; then it is raised and lowered by
/// how the actual reduction compares with the predicted one, as in Nielsen, Damping parameter in
/// Marquardt's method (1999), but faster: raised fourfold first, lowered up to tenfold, and a
/// thousandfold where the prediction was within a hundredth. A rejected step costs one value; one
/// to where the value or the Jacobian is not finite is rejected. The system is solved as the least
/// squares of (J; √ν·I), which does not square J's condition number as JᵀJ does.
Method levenberg_marquardt(const LevenbergMarquardtOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
