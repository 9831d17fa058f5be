// Compares numbers in tests, relative to the larger one, since doctest::Approx is too loose for
// doubles.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {

/// The relative tolerance for numbers that differ by a few roundings of doubles.
inline constexpr double few_roundings = 1e-14;

/// Whether |a − b| ≤ rtol·max(|a|, |b|) + atol; false if one is NaN.
inline bool near(double a, double b, double rtol, double atol = 0) {
  return a == b || std::abs(a - b) <= rtol * std::max(std::abs(a), std::abs(b)) + atol;
}

/// The same for all elements of two tensors of the same shape.
inline bool near(const Tensor& a, const Tensor& b, double rtol, double atol = 0) {
  return a.shape() == b.shape() &&
         std::equal(a.data(), a.data() + a.size(), b.data(),
                    [&](Real x, Real y) { return near(x, y, rtol, atol); });
}

/// Whether no element is infinite or NaN.
inline bool all_finite(const Tensor& x) {
  return std::all_of(x.begin(), x.end(), [](Real v) { return std::isfinite(v); });
}

}  // namespace reel::inline REEL_PRECISION
