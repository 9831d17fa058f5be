// Gradient descent: steps along −∇f, with a fixed step or a line search.
#pragma once

#include <reel/optim/minimize/line_search.h>
#include <reel/optim/minimize/minimize.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of `gradient_descent`.
struct GradientDescentOptions {
  double step = 0.1;  ///< δ; with a line search, the first length of the first iteration
  LineSearch line_search = LineSearch::none;  ///< how the length of a step is chosen
};

/// θ −= δ·∇f. Cauchy 1847. Later line searches begin at s·y/y·y for the last step s and the
/// gradient's change y (Barzilai and Borwein 1988), which is right if the slope keeps changing as
/// in the last step. If the slope has become steeper, they begin at ten times the last length.
/// Throws Error unless the step is above 0 and finite.
Method gradient_descent(const GradientDescentOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
