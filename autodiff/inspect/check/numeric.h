// Numerical derivatives of a curve, and how another derivative compares with them.
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

/// A function of one number with some fixed count of values; NaN where it has none.
using Curve = std::function<Values(double t)>;

/// What differences say about a curve's derivative at 0, with ever smaller steps. Each is computed
/// when it is first asked for.
class Differences {
 public:
  Differences(Curve curve, double step) : curve_(std::move(curve)), step_(step) {}

  /// The steps are step, step/8, …, step/8⁵.
  static constexpr int levels = 6;
  double step(int level) const;

  struct Central {
    Values derivative;  ///< from points on both sides, error h⁴f⁽⁵⁾/30
    Values roundoff;    ///< what rounding the curve's values may have changed in it
  };
  const Central& central(int level);

  struct Kink {
    double low, high;
  };
  /// The range of the derivatives of value k from the left and from the right, if they differ as
  /// those of a smooth function don't: by far more than `tolerance` and than either is uncertain.
  /// Looks within a few of the smallest steps that rounding allows.
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

/// A derivative as a sweep computes it; the size of the terms that it is the sum of, if it is one.
struct Analytic {
  double value, scale;
};

struct Tolerance {
  double rtol, atol;
  double of(double derivative) const { return atol + rtol * derivative; }
};

/// It beside a numerical one.
struct Comparison {
  Sweep sweep = Sweep::fused;
  double analytic = 0, numeric = 0;
  double step = 0;    ///< of the numerical one
  double excess = 0;  ///< the difference, in tolerances
  bool kink = false;  ///< between the derivatives from the left and from the right

  bool ok() const { return excess <= 1; }
};

/// The derivative of value k, with ever smaller steps until one agrees; at last, with both sides of
/// a kink.
Comparison compare(Differences& d, std::size_t k, const Analytic& analytic,
                   const Tolerance& tolerance);

}  // namespace detail
}  // namespace reel::inline REEL_PRECISION
