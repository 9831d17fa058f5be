// Evaluations along a line.
#include <reel/optim/minimize/line.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <reel/optim/vectors.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

Line::Line(Problem& problem, const Point& from, const Tensor& direction,
           const LineSearchOptions& options)
    : problem_(problem),
      from_(from),
      direction_(direction),
      options_(options),
      slope_(inner(from.gradient, direction)),
      left_(options.evaluations) {}

Probe Line::at(double length) {
  --left_;
  return probe(length, problem_.at(along(from_.theta, length, direction_)));
}

std::optional<Probe> Line::at_if_falls(double length) {
  --left_;
  Trial trial(problem_, along(from_.theta, length, direction_));
  const double value = trial.value(), promised = options_.decrease * length * slope_;
  if (!(value - from_.value <= std::max(promised, noise(value, from_.value)))) return std::nullopt;
  Probe found = probe(length, trial.point());
  return falls_enough(found) ? std::optional(std::move(found)) : std::nullopt;
}

Probe Line::probe(double length, Point to) const {
  Probe found{length, to.value - from_.value, inner(to.gradient, direction_), std::move(to)};
  if (!std::isfinite(found.rise) || !std::isfinite(found.slope) || !all_finite(found.to.gradient))
    found.rise = std::numeric_limits<double>::infinity();
  else if (std::abs(found.rise) <= noise(found.to.value, from_.value))
    found.rise = length / 2 * (slope_ + found.slope);
  return found;
}

bool Line::falls_enough(const Probe& probe) const {
  return probe.rise <= options_.decrease * probe.length * slope_;
}

bool Line::flattens(const Probe& probe) const {
  return std::abs(probe.slope) <= options_.curvature * std::abs(slope_);
}

bool Line::above(const Probe& probe, const Probe& other) const {
  return probe.rise - other.rise > noise(probe.rise + from_.value, other.rise + from_.value);
}

bool Line::moved(const Probe& probe) const {
  return !std::equal(from_.theta.begin(), from_.theta.end(), probe.to.theta.begin());
}

double Line::noise(double a, double b) const {
  return 100 * static_cast<double>(std::numeric_limits<Real>::epsilon()) *
         std::max(std::abs(a), std::abs(b));
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
