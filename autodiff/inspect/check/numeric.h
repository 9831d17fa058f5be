// Numerical derivatives of a curve, and their comparison with another derivative.
#pragma once

#include <array>
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
  Differences(Curve curve, double step) : curve_(std::move(curve)), step_(step) {}

  /// The steps are step, step/8, …, step/8⁵.
  static constexpr int levels = 6;
  double step(int level) const;

  struct Central {
    Values derivative;  ///< from points on both sides, error h⁴f⁽⁵⁾/30
    Values roundoff;    ///< how much of the derivative may come from rounding the curve's values
  };
  const Central& central(int level);

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
  double step_;
  std::array<std::optional<Central>, levels> central_;
  std::array<std::optional<Sides>, levels> sides_;
};

/// A derivative from a sweep. If it is a sum, also the size of its terms.
struct Analytic {
  double value, scale;
};

struct Tolerance {
  double rtol, atol;
  double of(double derivative) const { return atol + rtol * derivative; }
};

/// An analytic derivative beside a numerical one.
struct Comparison {
  Sweep sweep = Sweep::fused;
  double analytic = 0, numeric = 0;
  double step = 0;    ///< of the numerical one
  double excess = 0;  ///< the difference, in multiples of the tolerance
  bool kink = false;  ///< whether it is between the derivatives from the left and from the right

  bool ok() const { return excess <= 1; }
};

/// Compares the derivative of value k, with smaller and smaller steps until one agrees; if none
/// does, with both sides of a kink.
Comparison compare(Differences& d, std::size_t k, const Analytic& analytic,
                   const Tolerance& tolerance);

}  // namespace detail
}  // namespace reel::inline REEL_PRECISION
