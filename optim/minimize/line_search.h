// Line searches: how far to go along a direction.
#pragma once

#include <cstddef>
#include <optional>

#include <reel/optim/minimize/problem.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

enum class LineSearch {
  none,          ///< the first length, whatever comes of it
  backtracking,  ///< Armijo 1966: halved until the value falls by a fraction of what the slope
                 ///< promises
  strong_wolfe,  ///< Moré and Thuente 1994: the value falls enough, and the slope flattens
  exact,         ///< the minimum along the line, to rounding
};

struct LineSearchOptions {
  LineSearch kind = LineSearch::strong_wolfe;
  double first = 1;               ///< the length tried first
  double decrease = 1e-4;         ///< c₁: f(θ + αd) ≤ f(θ) + c₁·α·slope
  double curvature = 0.9;         ///< c₂: |slope at θ + αd| ≤ c₂·|slope|
  double longest = 1e10;          ///< no longer than this
  std::size_t evaluations = 100;  ///< at most
};

/// Where a search along a line ended: θ + length·direction.
struct Step {
  Point to;
  double length;
};

/// Searches from a point, with its gradient, along a direction. Empty if the direction does not
/// lead down, or if no length within the limits is good enough. Values that are not finite count as
/// too far; under `none` they are the caller's.
std::optional<Step> line_search(Problem& problem, const Point& from, const Tensor& direction,
                                const LineSearchOptions& options);

/// Throws Error, in the name of `method`, for options outside their ranges: first and longest > 0
/// and finite, 0 < decrease < curvature < 1, evaluations ≥ 1.
void check_options(const char* method, const LineSearchOptions& options);
/// The same for methods that need the slope flattened: strong_wolfe or exact.
void check_slope_options(const char* method, const LineSearchOptions& options);

/// The length that lowers the value by 1.01·`fall` on a parabola of this slope at 0, Nocedal and
/// Wright's guess (2006, eq. 3.60) from the fall of the last iteration; 1 if that makes no sense.
double expected_length(double fall, double slope);

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
