// The gamma function, its logarithm, and the derivatives of the logarithm, which are the polygamma
// functions.
#include <math.h>  // lgamma_r: std::lgamma writes a variable that threads share

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/gamma.h>
#include <reel/autodiff/ops/reduction.h>

namespace reel::inline REEL_PRECISION {
namespace {

Real log_abs_gamma(Real x) {
  int sign = 0;
  return static_cast<Real>(::lgamma_r(static_cast<double>(x), &sign));
}

// ψ⁽ⁿ⁾(x) = ψ⁽ⁿ⁾(x + 1) − (−1)ⁿ·n!/xⁿ⁺¹, repeated until the asymptotic series is accurate:
// Abramowitz and Stegun, 6.3.5, 6.4.6, 6.3.18 and 6.4.11.
double polygamma_at(int n, double x) {
  if (std::isnan(x) || x == -std::numeric_limits<double>::infinity()) return NAN;
  if (x == 0 && n % 2 == 0) return -std::copysign(INFINITY, x);
  if (x <= 0 && x == std::floor(x)) return n % 2 ? INFINITY : NAN;  // a pole
  if (std::isinf(x)) return n == 0 ? x : 0;
  if (n == 0 && x < -20)  // 6.3.7, with the argument of tan reduced
    return polygamma_at(0, 1 - x) -
           std::numbers::pi / std::tan(std::numbers::pi * (x - std::floor(x)));
  static constexpr std::array bernoulli{1.0 / 6,       -1.0 / 30,      1.0 / 42, -1.0 / 30,
                                        5.0 / 66,      -691.0 / 2730,  7.0 / 6,  -3617.0 / 510,
                                        43867.0 / 798, -174611.0 / 330};  // B₂, B₄, …
  const double factorial = std::tgamma(n + 1.0), sign = n % 2 ? 1 : -1;
  double sum = 0;
  for (; x < 20 + 2 * n; ++x) sum += sign * factorial / std::pow(x, n + 1);
  if (n == 0)
    sum += std::log(x) - 0.5 / x;
  else
    sum += sign * factorial * (1.0 / n + 0.5 / x) / std::pow(x, n);
  // the factor (2k + n − 1)! / (2k)! of term k, from the factor of the term before
  double factor = n == 0 ? 0.5 : factorial * (n + 1) / 2;
  double power = std::pow(x, n + 2);
  for (std::size_t k = 1; k <= bernoulli.size(); ++k) {
    sum += sign * bernoulli[k - 1] * factor / power;
    const double m = 2 * static_cast<double>(k) + n;
    factor *= m * (m + 1) / ((m - n + 1) * (m - n + 2));
    power *= x * x;
  }
  return sum;
}

}  // namespace

Var lgamma(const Var& x) {  // y' = ψ(x)
  return record("lgamma", {x}, map_elements(log_abs_gamma, x.value()),
                [](auto& d, auto& g, auto in, auto&) { d.add(0, g * reel::polygamma(0, in[0])); });
}

Var tgamma(const Var& x) {  // y' = y·ψ(x)
  return record(
      "tgamma", {x}, map_elements(std::tgamma, x.value()),
      [](auto& d, auto& g, auto in, auto& y) { d.add(0, g * y * reel::polygamma(0, in[0])); });
}

Var digamma(const Var& x) { return polygamma(0, x); }

Tensor polygamma(int n, const Tensor& x) {
  if (n < 0 || n > 100) fail_usage("polygamma", "the order ", n, " is not within 0 and 100.");
  Tensor y = uninitialized(x.shape());
  std::transform(x.data(), x.data() + x.size(), y.data(), [n](Real v) {
    return static_cast<Real>(polygamma_at(n, static_cast<double>(v)));
  });
  return y;
}

Var polygamma(int n, const Var& x) {  // y' = ψ⁽ⁿ⁺¹⁾(x)
  return record(
      "polygamma", {x}, reel::polygamma(n, x.value()),
      [n](auto& d, auto& g, auto in, auto&) { d.add(0, g * reel::polygamma(n + 1, in[0])); });
}

}  // namespace reel::inline REEL_PRECISION
