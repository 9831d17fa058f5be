// Line searches: backtracking, the exact search, and the choice between all searches.
#include <reel/optim/minimize/line_search.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <reel/optim/minimize/line.h>
#include <reel/optim/vectors.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

constexpr double epsilon = static_cast<double>(std::numeric_limits<Real>::epsilon());

bool positive(double x) { return x > 0 && std::isfinite(x); }

}  // namespace

std::optional<Probe> backtrack(Line& line, const LineSearchOptions& options) {
  double length = std::min(options.first, options.longest);
  for (; !line.exhausted(); length /= 2)
    if (std::optional<Probe> probe = line.at_if_falls(length)) return probe;
  return std::nullopt;
}

// Finds a root of the slope by regula falsi with Illinois weights (Dowell and Jarratt, BIT 11,
// 1971), or by bisection where that is slow. The minimum lies between `low` and `high`. `low` is
// the lowest probe so far, and φ falls there; at `high`, φ rises or is above `low`.
std::optional<Probe> search_exact(Line& line, const LineSearchOptions& options) {
  Probe low = line.start(), high;
  bool bracketed = false, rises = false;  // rises: the slope at `high` is known and at least 0
  enum class Side { none, left, right } replaced = Side::none;  // the end that was replaced last
  double low_weight = 1, high_weight = 1;
  double length = std::min(options.first, options.longest);
  double halved = options.longest;  // the bracket's width when it was last halved
  int since = 0;                    // how many probes since then
  while (!line.exhausted()) {
    Probe probe = line.at(length);
    const bool finite = std::isfinite(probe.rise);
    if (finite && !line.above(probe, low) &&
        std::abs(probe.slope) <= 64 * epsilon * std::abs(line.slope()))
      return probe;
    if (finite && probe.slope < 0 && !line.above(probe, low)) {
      const double gone = probe.length - low.length;
      const double secant = gone * probe.slope / (low.slope - probe.slope);
      low = std::move(probe);
      if (!bracketed) {
        if (low.length >= options.longest) break;
        const double on = secant > 0 && std::isfinite(secant) ? 1.1 * secant : 10 * gone;
        length = std::min(low.length + std::clamp(on, gone, 10 * gone), options.longest);
        continue;
      }
      high_weight = replaced == Side::left ? high_weight / 2 : 1;
      low_weight = 1;
      replaced = Side::left;
    } else {
      rises = finite && probe.slope >= 0;
      high = std::move(probe);
      bracketed = true;
      low_weight = replaced == Side::right ? low_weight / 2 : 1;
      high_weight = 1;
      replaced = Side::right;
    }
    const double width = high.length - low.length;
    if (width <= 2 * epsilon * high.length) break;
    if (width <= halved / 2) {
      halved = width;
      since = 0;
    }
    const double a = low_weight * low.slope, b = high_weight * high.slope;
    length = low.length + width * (rises && ++since <= 3 ? a / (a - b) : 0.5);
    if (!(length > low.length && length < high.length)) length = low.length + width / 2;
  }
  if (low.length == 0) return std::nullopt;
  return low;
}

void check_options(const char* method, const LineSearchOptions& options) {
  if (!positive(options.first))
    fail_usage(method, "the first length ", options.first, " is not above 0 and finite.");
  if (!positive(options.longest))
    fail_usage(method, "the longest length ", options.longest, " is not above 0 and finite.");
  if (!(0 < options.decrease && options.decrease < options.curvature && options.curvature < 1))
    fail_usage(method, "decrease = ", options.decrease, ", curvature = ", options.curvature,
               ", they should be 0 < decrease < curvature < 1.");
  if (options.evaluations == 0) fail_usage(method, "a line search needs at least one evaluation.");
}

void check_slope_options(const char* method, const LineSearchOptions& options) {
  if (options.kind != LineSearch::strong_wolfe && options.kind != LineSearch::exact)
    fail_usage(method, "takes the line searches strong_wolfe and exact.");
  check_options(method, options);
}

std::optional<Step> line_search(Problem& problem, const Point& from, const Tensor& direction,
                                const LineSearchOptions& options) {
  check_options("line_search", options);
  if (direction.shape() != from.theta.shape())
    fail_usage("line_search", "the direction has shape ", reel::to_string(direction.shape()),
               ", theta ", reel::to_string(from.theta.shape()), '.');
  if (options.kind == LineSearch::none)
    return Step{problem.at(along(from.theta, options.first, direction)), options.first};
  if (from.gradient.shape() != from.theta.shape())
    fail_usage("line_search", "needs the gradient at the start.");
  Line line(problem, from, direction, options);
  if (!(line.slope() < 0 && std::isfinite(line.slope()))) return std::nullopt;
  std::optional<Probe> probe;
  switch (options.kind) {
    case LineSearch::none:
      break;
    case LineSearch::backtracking:
      probe = backtrack(line, options);
      break;
    case LineSearch::strong_wolfe:
      probe = search_strong_wolfe(line, options);
      break;
    case LineSearch::exact:
      probe = search_exact(line, options);
      break;
  }
  if (!probe || !line.moved(*probe)) return std::nullopt;
  return Step{std::move(probe->to), probe->length};
}

double expected_length(double fall, double slope) {
  const double length = 2.02 * fall / std::abs(slope);
  return positive(length) ? length : 1;
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
