// Finite differences.
#include <reel/autodiff/inspect/check/numeric.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace reel::inline REEL_PRECISION {
namespace detail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Σ weightᵢ·f(i·h) / 12h
template <std::size_t n>
Values stencil(const std::array<Values, n>& points, const std::array<double, n>& weights,
               double h) {
  Values sum(points[0].size(), 0.0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += weights[i] * points[i][k] / (12 * h);
  return sum;
}

// (f(−2h) − 8f(−h) + 8f(h) − f(2h)) / 12h
Differences::Central central_difference(const Curve& f, double h) {
  const std::array points{f(-2 * h), f(-h), f(h), f(2 * h)};
  Differences::Central result{stencil(points, {1.0, -8.0, 8.0, -1.0}, h), {}};
  for (std::size_t k = 0; k < points[0].size(); ++k) {
    double largest = 0;
    for (const Values& point : points) largest = std::max(largest, std::abs(point[k]));
    // each value has an error of half an ulp, and the weights add up to 18/12
    result.roundoff.push_back(0.75 * std::numeric_limits<Real>::epsilon() * largest / h);
  }
  return result;
}

// (−25f(0) + 48f(h) − 36f(2h) + 16f(3h) − 3f(4h)) / 12h; for h < 0 from the left
Values one_sided_difference(const Curve& f, double h) {
  const std::array points{f(0), f(h), f(2 * h), f(3 * h), f(4 * h)};
  return stencil(points, {-25.0, 48.0, -36.0, 16.0, -3.0}, h);
}

}  // namespace

double Differences::step(int level) const { return std::ldexp(step_, -3 * level); }

const Differences::Central& Differences::central(int level) {
  auto& known = central_[static_cast<std::size_t>(level)];
  if (!known) known = central_difference(curve_, step(level));
  return *known;
}

const Differences::Sides& Differences::sides(int level) {
  auto& known = sides_[static_cast<std::size_t>(level)];
  if (known) return *known;
  const double h = step(level);
  const Values left = one_sided_difference(curve_, -h), right = one_sided_difference(curve_, h);
  known = {one_sided_difference(curve_, -h / 2), one_sided_difference(curve_, h / 2), {}};
  for (std::size_t k = 0; k < left.size(); ++k)
    known->uncertainty.push_back(std::abs(left[k] - known->left[k]) +
                                 std::abs(right[k] - known->right[k]));
  return *known;
}

std::optional<Differences::Kink> Differences::kink(std::size_t k, double tolerance) {
  int finest = 0;
  while (finest + 1 < levels && !(central(finest + 1).roundoff[k] >= tolerance)) ++finest;
  const Sides& s = sides(std::max(finest - 2, 0));
  const double margin = s.uncertainty[k] + tolerance;
  if (!(std::abs(s.right[k] - s.left[k]) > 10 * margin)) return {};
  return Kink{std::min(s.left[k], s.right[k]) - margin, std::max(s.left[k], s.right[k]) + margin};
}

Comparison compare(Differences& d, std::size_t k, const Analytic& analytic,
                   const Tolerance& tolerance) {
  Comparison best{.analytic = analytic.value};
  double allowed = 0;
  for (int level = 0; level < Differences::levels; ++level) {
    const auto& [derivative, roundoff] = d.central(level);
    const double numeric = derivative[k], difference = std::abs(analytic.value - numeric);
    allowed = tolerance.of(std::max(std::abs(numeric), analytic.scale));
    if (level > 0 && roundoff[k] >= allowed) break;
    const double ratio = difference == 0 ? 0 : difference / allowed;
    const double excess = std::isnan(ratio) ? infinity : ratio;
    if (level == 0 || excess <= 1 || excess < best.excess / 2) {  // halved: more than rounding
      best.numeric = numeric;
      best.step = d.step(level);
      best.excess = excess;
    }
    if (best.ok()) return best;
  }
  const auto kink = d.kink(k, allowed);
  best.kink = kink && kink->low <= analytic.value && analytic.value <= kink->high;
  if (best.kink) best.excess = 0;
  return best;
}

}  // namespace detail
}  // namespace reel::inline REEL_PRECISION
