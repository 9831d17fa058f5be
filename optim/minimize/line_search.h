// Line searches: choose the length of a step along a direction.
#pragma once

#include <cstddef>
#include <optional>

#include <reel/optim/minimize/problem.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// How the length of a step is chosen.
enum class LineSearch {
  none,          ///< use the first length without a check
  backtracking,  ///< Armijo 1966: halve until the value falls by a fraction of the fall that
                 ///< the slope predicts
  strong_wolfe,  ///< Moré and Thuente 1994: the value falls enough, the slope becomes flat
  exact,         ///< the minimum along the line, up to rounding
};

/// The options of `line_search`.
struct LineSearchOptions {
  LineSearch kind = LineSearch::strong_wolfe;  ///< which search
  double first = 1;                            ///< the length to try first
  double decrease = 1e-4;                      ///< c₁: f(θ + αd) ≤ f(θ) + c₁·α·slope
  double curvature = 0.9;                      ///< c₂: |slope at θ + αd| ≤ c₂·|slope|
  double longest = 1e10;                       ///< the upper limit of the length
  std::size_t evaluations = 100;               ///< the most evaluations
};

/// The end of a search along a line: θ + length·direction.
struct Step {
  Point to;       ///< with its value and gradient
  double length;  ///< in multiples of the direction
};

/// Searches along a direction from a point with its gradient. Returns nothing if the direction is
/// not a descent direction, or if no allowed length is good enough. A value that is not finite
/// counts as too far; under `none` it is returned to the caller.
std::optional<Step> line_search(Problem& problem, const Point& from, const Tensor& direction,
                                const LineSearchOptions& options);

/// Throws Error, in the name of `method`, for options outside their ranges: first and longest > 0
/// and finite, 0 < decrease < curvature < 1, evaluations ≥ 1.
void check_options(const char* method, const LineSearchOptions& options);
/// The same for methods that need a flat slope: only strong_wolfe and exact are allowed.
void check_slope_options(const char* method, const LineSearchOptions& options);

/// The length that would lower the value by 1.01·`fall` on a parabola with this slope at 0: a guess
/// from the fall in the last iteration (Nocedal and Wright 2006, eq. 3.60). 1 if the guess makes no
/// sense.
double expected_length(double fall, double slope);

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
