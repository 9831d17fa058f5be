// Numerical derivatives of a curve, and their comparison with another derivative.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include <reel/autodiff/inspect/check.h>

namespace reel::inline REEL_PRECISION {
namespace detail {

using Values = std::vector<double>;

/// A function of one number that returns a fixed count of values; NaN where it is not defined.
using Curve = std::function<Values(double t)>;

/// Numerical derivatives of a curve at 0, with smaller and smaller steps. Each is computed when it
/// is first needed.
class Differences {
 public:
  /// The steps are step, step/8, …, step/8^(levels − 1). `size`: of the moving number, at least 1.
  Differences(Curve curve, double step, int levels, double size)
      : curve_(std::move(curve)),
        step_(step),
        size_(size),
        levels_(levels),
        central_(static_cast<std::size_t>(levels)),
        sides_(static_cast<std::size_t>(levels)) {}

  static constexpr int usual_levels = 6;  ///< there are more for inputs near 0
  int levels() const noexcept { return levels_; }
  double step(int level) const;

  struct Central {
    Values derivative;  ///< from points on both sides, error h⁴f⁽⁵⁾/30
    Values roundoff;    ///< how much of the derivative may come from rounding the curve's values
    Values largest;     ///< the largest size of the value at these points, divided by `size`
  };
  const Central& central(int level);

  /// An estimate of the error in the curve's values, one standard deviation, from their fourth to
  /// sixth differences at seven points that lie close together. J. Moré and S. Wild, Estimating
  /// computational noise, SIAM J. Sci. Comput. 33 (2011).
  const Values& noise();

  struct Kink {
    double low, high;
  };
  /// The range between the derivatives of value k from the left and from the right, if value k has
  /// a kink: they differ by far more than `tolerance`, and by far more than their uncertainties.
  /// Uses only the few smallest steps that rounding allows.
  std::optional<Kink> kink(std::size_t k, double tolerance);

 private:
  struct Sides {
    Values left, right;  // from points on one side only, error h⁴f⁽⁵⁾/5
    Values uncertainty;  // how much both change when the step is halved
  };
  const Sides& sides(int level);

  Curve curve_;
  double step_, size_;
  int levels_;
  std::vector<std::optional<Central>> central_;
  std::vector<std::optional<Sides>> sides_;
  std::optional<Values> noise_;
};

/// A derivative from a sweep. If it is a sum, also the size of its terms.
struct Analytic {
  double value, scale;
};

/// atol shrinks where the values are small beside the moving number, so that the derivatives are
/// small too; but not without end, for what is left of a difference is rounding.
struct Tolerance {
  double rtol, atol;
  double of(double derivative, double largest_value) const {
    return atol * std::clamp(largest_value, 1e-6, 1.0) + rtol * derivative;
  }
};

/// An analytic derivative beside a numerical one.
struct Comparison {
  Sweep sweep = Sweep::fused;
  double analytic = 0, numeric = 0;
  double step = 0;    ///< of the numerical one
  double excess = 0;  ///< the difference, in multiples of the tolerance
  bool kink = false;  ///< whether it is between the derivatives from the left and from the right
  /// The error that the numerical one may have, if it is too large to judge the other; else 0.
  double doubt = 0;

  bool ok() const { return excess <= 1; }
};

/// Compares the derivative of value k, with smaller and smaller steps until one agrees; if none
/// does, with both sides of a kink. If there is no kink either, the step counts whose derivative is
/// most certain. The analytic derivative is wrong only if it is farther from that one than the
/// tolerance and the error that rounding and the length of the step can cause.
Comparison compare(Differences& d, std::size_t k, const Analytic& analytic,
                   const Tolerance& tolerance);

}  // namespace detail
}  // namespace reel::inline REEL_PRECISION
