// Student's distribution, and the interval of a mean.
#include "statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace reel::apps {
namespace {

// P(|T| ≤ t) with t = √degrees·tan(angle).
double probability_at(double angle, std::size_t degrees) {
  const double sine = std::sin(angle), cosine = std::cos(angle);
  const bool odd = degrees % 2 == 1;
  double term = odd ? cosine : 1, sum = degrees == 1 ? 0 : term;
  for (std::size_t k = odd ? 3 : 2; k < degrees; k += 2) {
    const double n = static_cast<double>(k);
    term *= cosine * cosine * (n - 1) / n;
    sum += term;
  }
  return odd ? (angle + sine * sum) * 2 / std::numbers::pi : sine * sum;
}

}  // namespace

double student_probability(double t, std::size_t degrees) {
  return probability_at(std::atan(t / std::sqrt(static_cast<double>(degrees))), degrees);
}

double student_quantile(double p, std::size_t degrees) {
  double low = 0, high = std::numbers::pi / 2;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (probability_at(middle, degrees) < p ? low : high) = middle;
  }
  return std::sqrt(static_cast<double>(degrees)) * std::tan(low);
}

Estimate estimate(std::span<const double> numbers) {
  const auto n = static_cast<double>(numbers.size());
  const double mean = std::accumulate(numbers.begin(), numbers.end(), 0.0) / n;
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  if (numbers.size() < 2) return {mean, unknown, unknown};
  double squares = 0;
  for (const double x : numbers) squares += (x - mean) * (x - mean);
  const double deviation = std::sqrt(squares / (n - 1));
  return {mean, deviation, student_quantile(0.95, numbers.size() - 1) * deviation / std::sqrt(n)};
}

PairedTest paired_test(std::span<const double> a, std::span<const double> b) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size(); ++i) differences.push_back(a[i] - b[i]);
  const Estimate e = estimate(differences);
  if (std::isnan(e.deviation)) return {e, e.deviation};
  if (e.deviation == 0) return {e, e.mean == 0 ? 1.0 : 0.0};
  const double n = static_cast<double>(a.size());
  const double t = std::abs(e.mean) * std::sqrt(n) / e.deviation;
  return {e, 1 - student_probability(t, a.size() - 1)};
}

std::vector<double> holm(std::span<const double> p) {
  std::vector<std::size_t> order;  // of the tests that could be made
  for (std::size_t i = 0; i < p.size(); ++i)
    if (!std::isnan(p[i])) order.push_back(i);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> corrected(p.begin(), p.end());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, static_cast<double>(order.size() - i) * p[order[i]]);
    corrected[order[i]] = std::min(1.0, largest);
  }
  return corrected;
}

}  // namespace reel::apps
