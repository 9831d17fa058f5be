// Finite differences.
#include <reel/autodiff/inspect/check/numeric.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace reel::inline REEL_PRECISION {
namespace detail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// (f(−2h) − 8f(−h) + 8f(h) − f(2h)) / 12h. Subtracts first, so that a constant is exactly 0.
Differences::Central central_difference(const Curve& f, double h, double size) {
  const std::array points{f(-2 * h), f(-h), f(h), f(2 * h)};
  Differences::Central result;
  for (std::size_t k = 0; k < points[0].size(); ++k) {
    const double near = points[2][k] - points[1][k], far = points[3][k] - points[0][k];
    result.derivative.push_back((8 * near - far) / (12 * h));
    double largest = 0;
    for (const Values& point : points) largest = std::max(largest, std::abs(point[k]));
    // each value has an error of half an ulp, and the weights add up to 18/12
    result.roundoff.push_back(0.75 * std::numeric_limits<Real>::epsilon() * largest / h);
    result.largest.push_back(largest / size);
  }
  return result;
}

// (−25f(0) + 48f(h) − 36f(2h) + 16f(3h) − 3f(4h)) / 12h; for h < 0 from the left
Values one_sided_difference(const Curve& f, double h) {
  const Values start = f(0);
  Values sum(start.size(), 0.0);
  double distance = 0;
  for (const double weight : {48.0, -36.0, 16.0, -3.0}) {
    const Values point = f(distance += h);
    for (std::size_t k = 0; k < sum.size(); ++k)
      sum[k] += weight * (point[k] - start[k]) / (12 * h);
  }
  return sum;
}

}  // namespace

double Differences::step(int level) const { return std::ldexp(step_, -3 * level); }

const Differences::Central& Differences::central(int level) {
  auto& known = central_[static_cast<std::size_t>(level)];
  if (!known) known = central_difference(curve_, step(level), size_);
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

const Values& Differences::noise() {
  if (noise_) return *noise_;
  constexpr int last = 6;
  constexpr double closeness = std::numeric_limits<Real>::digits > 24 ? 1e-2 : 4;  // in ulps: many
  std::vector<Values> table;
  for (int i = 0; i <= last; ++i) table.push_back(curve_(i * closeness * step(levels_ - 1)));
  noise_.emplace(table[0].size(), 0.0);
  double factor = 1;  // (j!)²/(2j)!
  for (int j = 1; j <= last; ++j) {
    factor *= j / (2.0 * (2 * j - 1));
    const auto rows = static_cast<std::size_t>(last + 1 - j);
    for (std::size_t k = 0; k < noise_->size(); ++k) {
      double squares = 0;
      for (std::size_t i = 0; i < rows; ++i) {
        table[i][k] = table[i + 1][k] - table[i][k];
        squares += table[i][k] * table[i][k];
      }
      const double deviation = std::sqrt(factor * squares / static_cast<double>(rows));
      if (j >= 4 && deviation > (*noise_)[k]) (*noise_)[k] = deviation;
    }
  }
  return *noise_;
}

std::optional<Differences::Kink> Differences::kink(std::size_t k, double tolerance) {
  int finest = 0;
  while (finest + 1 < usual_levels && !(central(finest + 1).roundoff[k] >= tolerance)) ++finest;
  const Sides& s = sides(std::max(finest - 2, 0));
  const double margin = s.uncertainty[k] + tolerance;
  if (!(std::abs(s.right[k] - s.left[k]) > 10 * margin)) return {};
  return Kink{std::min(s.left[k], s.right[k]) - margin, std::max(s.left[k], s.right[k]) + margin};
}

namespace {

// The comparison with the numerical derivative that is most certain. Starts with the smallest step,
// that of level `last`, which no pole or kink beside the input disturbs, and goes on to a longer
// one as long as that is more certain and within the errors of both. Sets `doubt` if rounding may
// cause the difference.
Comparison compare_with_most_certain(Differences& d, std::size_t k, const Analytic& analytic,
                                     const Tolerance& tolerance, int last) {
  constexpr double most_amplified = 1e7;  // no noise is more than this times the rounding of f
  Comparison best{.analytic = analytic.value,
                  .numeric = d.central(0).derivative[k],
                  .step = d.step(0),
                  .excess = infinity};
  double least = infinity;
  for (int level = last; level >= 0; --level) {
    const auto& [derivative, roundoff, largest] = d.central(level);
    const double numeric = derivative[k], difference = std::abs(analytic.value - numeric);
    const double allowed = tolerance.of(std::max(std::abs(numeric), analytic.scale), largest[k]);
    double rounding = roundoff[k];
    if (difference <= allowed + most_amplified * rounding)  // 18/12 of three standard deviations
      rounding = std::max(rounding, 4.5 * d.noise()[k] / d.step(level));
    // the error of a step is below the difference from one that is eight times as long
    const double neighbour = d.central(level > 0 ? level - 1 : 1).derivative[k];
    const double error = rounding + std::abs(numeric - neighbour);
    if (!std::isfinite(error)) continue;
    if (least < infinity && std::abs(numeric - best.numeric) > least + error) break;
    if (error >= least) continue;
    least = error;
    best.numeric = numeric;
    best.step = d.step(level);
    best.excess = std::isnan(difference) ? infinity : difference == 0 ? 0 : difference / allowed;
    best.doubt = rounding > allowed && difference <= allowed + 2 * rounding ? 2 * rounding : 0;
  }
  return best;
}

}  // namespace

Comparison compare(Differences& d, std::size_t k, const Analytic& analytic,
                   const Tolerance& tolerance) {
  double allowed = 0;
  int last = 0;
  for (int level = 0; level < d.levels(); ++level) {
    const auto& [derivative, roundoff, largest] = d.central(level);
    const double numeric = derivative[k], difference = std::abs(analytic.value - numeric);
    allowed = tolerance.of(std::max(std::abs(numeric), analytic.scale), largest[k]);
    last = level;
    if (!std::isfinite(numeric)) continue;
    if (difference <= allowed)
      return {.analytic = analytic.value,
              .numeric = numeric,
              .step = d.step(level),
              .excess = difference == 0 ? 0 : difference / allowed};
    // longer steps than the last six may reach a pole at 0
    if (level > 0 && level >= d.levels() - Differences::usual_levels && roundoff[k] >= allowed)
      break;
  }
  if (const auto kink = d.kink(k, allowed);
      kink && kink->low <= analytic.value && analytic.value <= kink->high)
    return {.analytic = analytic.value,
            .numeric = d.central(last).derivative[k],
            .step = d.step(last),
            .kink = true};
  return compare_with_most_certain(d, k, analytic, tolerance, last);
}

}  // namespace detail
}  // namespace reel::inline REEL_PRECISION
