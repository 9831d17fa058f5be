// Line: an objective along one direction, as the line searches see it.
#pragma once

#include <optional>

#include <reel/optim/minimize/line_search.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// One length tried: φ(α) = f(θ + α·d).
struct Probe {
  double length = 0;
  double rise = 0;   ///< φ(α) − φ(0); infinite for what is too far
  double slope = 0;  ///< φ′(α)
  Point to = {};
};

class Line {
 public:
  Line(Problem& problem, const Point& from, const Tensor& direction,
       const LineSearchOptions& options);

  /// φ′(0)
  double slope() const noexcept { return slope_; }
  /// α = 0, without a copy of the point.
  Probe start() const { return {0, 0, slope_, {}}; }
  /// Too far, with an infinite rise, if anything there is not finite. Where rounding hides the
  /// change of the value, the rise is what the slopes imply, α/2·(φ′(0) + φ′(α)): the sufficient
  /// decrease becomes the approximate one of Hager and Zhang (SIAM J. Optim. 16, 2005).
  Probe at(double length);
  /// The same, but empty, at the price of its value alone, if it is not to fall enough.
  std::optional<Probe> at_if_falls(double length);
  /// Whether as many evaluations were made as were allowed.
  bool exhausted() const noexcept { return left_ == 0; }

  /// φ(α) ≤ φ(0) + c₁·α·φ′(0)
  bool falls_enough(const Probe& probe) const;
  /// |φ′(α)| ≤ c₂·|φ′(0)|
  bool flattens(const Probe& probe) const;
  /// Whether the value is higher than at another probe by more than rounding.
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

/// The searches. Empty if they find no length that lowers the value.
std::optional<Probe> backtrack(Line& line, const LineSearchOptions& options);
std::optional<Probe> search_strong_wolfe(Line& line, const LineSearchOptions& options);
std::optional<Probe> search_exact(Line& line, const LineSearchOptions& options);

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
