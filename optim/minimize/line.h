// Line: an objective along one direction, for the line searches.
#pragma once

#include <optional>

#include <reel/optim/minimize/line_search.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// A trial at one length: φ(α) = f(θ + α·d).
struct Probe {
  double length = 0;
  double rise = 0;   ///< φ(α) − φ(0); infinite if α is too far
  double slope = 0;  ///< φ′(α)
  Point to = {};
};

class Line {
 public:
  Line(Problem& problem, const Point& from, const Tensor& direction,
       const LineSearchOptions& options);

  /// φ′(0)
  double slope() const noexcept { return slope_; }
  /// The probe at α = 0, without a copy of the point.
  Probe start() const { return {0, 0, slope_, {}}; }
  /// The probe at `length`. If anything there is not finite, the rise is infinite, which means too
  /// far. If rounding hides the change of the value, the rise is computed from the slopes as
  /// α/2·(φ′(0) + φ′(α)). The sufficient decrease then becomes the approximate one of Hager and
  /// Zhang (SIAM J. Optim. 16, 2005).
  Probe at(double length);
  /// The same; but if the value does not fall enough, it returns nothing and costs only that value.
  std::optional<Probe> at_if_falls(double length);
  /// Whether all allowed evaluations have been made.
  bool exhausted() const noexcept { return left_ == 0; }

  /// φ(α) ≤ φ(0) + c₁·α·φ′(0)
  bool falls_enough(const Probe& probe) const;
  /// |φ′(α)| ≤ c₂·|φ′(0)|
  bool flattens(const Probe& probe) const;
  /// Whether the value is higher than at another probe, by more than rounding.
  bool above(const Probe& probe, const Probe& other) const;
  bool moved(const Probe& probe) const;

 private:
  Probe probe(double length, Point to) const;
  double noise(double a, double b) const;

  Problem& problem_;
  const Point& from_;
  const Tensor& direction_;
  const LineSearchOptions& options_;
  double slope_;
  std::size_t left_;
};

/// The searches. They return nothing if they find no length that lowers the value.
std::optional<Probe> backtrack(Line& line, const LineSearchOptions& options);
std::optional<Probe> search_strong_wolfe(Line& line, const LineSearchOptions& options);
std::optional<Probe> search_exact(Line& line, const LineSearchOptions& options);

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
