// Student's distribution, and the interval of a mean.
#include "../../apps/common/statistics.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

namespace reel::apps {
namespace {

// t with P(|T| ≤ t) = 0.95, from table 26.10 of Abramowitz and Stegun 1964.
TEST_CASE("statistics: Student's quantiles are those of the tables") {
  const std::vector<std::pair<std::size_t, double>> table{{1, 12.706}, {2, 4.303}, {3, 3.182},
                                                          {4, 2.776},  {5, 2.571}, {9, 2.262},
                                                          {10, 2.228}, {30, 2.042}};
  for (const auto& [freedom, t] : table) {
    const std::size_t degrees = freedom;  // clang 14 captures no structured binding
    INFO(degrees);
    CHECK(std::abs(student_quantile(0.95, degrees) - t) < 5e-4);
    CHECK(student_probability(student_quantile(0.95, degrees), degrees) ==
          doctest::Approx(0.95).epsilon(1e-12));
  }
  CHECK(std::abs(student_quantile(0.95, 100000) - 1.95996) < 1e-4);  // the normal distribution
  CHECK(student_probability(0, 7) == 0);
}

TEST_CASE("statistics: mean, deviation and interval") {
  const std::vector<double> numbers{1, 2, 3, 4, 5};
  const Estimate e = estimate(numbers);
  CHECK(e.mean == 3);
  CHECK(e.deviation == doctest::Approx(std::sqrt(2.5)));
  CHECK(e.margin == doctest::Approx(2.776445 * std::sqrt(2.5) / std::sqrt(5.0)));
  const Estimate equal = estimate(std::vector<double>{2, 2});
  CHECK(equal.deviation == 0);
  CHECK(equal.margin == 0);
}

TEST_CASE("statistics: one number has no spread") {
  const Estimate e = estimate(std::vector<double>{7});
  CHECK(e.mean == 7);
  CHECK(std::isnan(e.deviation));
  CHECK(std::isnan(e.margin));
}

}  // namespace
}  // namespace reel::apps
