// Mean and spread of a few numbers.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace reel::apps {

/// The mean of some independent measurements, and how far it may be from the true one.
struct Estimate {
  double mean = 0;
  double deviation = 0;  ///< of the sample, √(Σ(x − mean)²/(n − 1)); NaN for one number
  double margin = 0;     ///< the mean ± margin is its 95 % interval, by Student's t; NaN for one
};

/// The estimate from at least one number.
Estimate estimate(std::span<const double> numbers);

/// P(|T| ≤ t) for Student's distribution with this many degrees of freedom, at least 1, and t ≥ 0.
/// Abramowitz and Stegun 1964, 26.7.3 and 26.7.4.
double student_probability(double t, std::size_t degrees);

/// The t with P(|T| ≤ t) = p, for p in (0, 1).
double student_quantile(double p, std::size_t degrees);

/// Whether two methods differ, each measured once under the same circumstances.
struct PairedTest {
  Estimate difference;  ///< a − b
  /// The probability of a difference as large by chance, two-sided, by Student's t; NaN for one
  /// pair.
  double p = 1;
};

/// The paired t-test of at least one pair (aᵢ, bᵢ).
PairedTest paired_test(std::span<const double> a, std::span<const double> b);

/// The p-values of several tests, corrected such that the probability of one false alarm among all
/// of them is at most the p-value that is taken as significant. Holm 1979.
std::vector<double> holm(std::span<const double> p);

}  // namespace reel::apps
