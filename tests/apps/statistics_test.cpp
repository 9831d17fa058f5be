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

TEST_CASE("statistics: a paired test is the t-test of the differences") {
  const std::vector<double> a{1, 2, 3, 4}, b{1.5, 1, 2, 2.5};
  const PairedTest test = paired_test(a, b);
  CHECK(test.difference.mean == doctest::Approx(0.75));
  const double t = 0.75 * 2 / test.difference.deviation;
  CHECK(test.p == doctest::Approx(1 - student_probability(t, 3)));
  CHECK(paired_test(b, a).p == doctest::Approx(test.p));
  CHECK(paired_test(b, a).difference.mean == doctest::Approx(-0.75));
  CHECK(paired_test(a, a).p == 1);
  CHECK(paired_test(std::vector<double>{2, 3}, std::vector<double>{1, 2}).p == 0);
  CHECK(std::isnan(paired_test(std::vector<double>{2}, std::vector<double>{1}).p));
}

TEST_CASE("statistics: Holm's correction multiplies the smallest p by the number of tests") {
  const std::vector<double> corrected = holm(std::vector<double>{0.01, 0.04, 0.03, 0.005});
  const std::vector<double> expected{0.03, 0.06, 0.06, 0.02};
  REQUIRE(corrected.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(corrected[i] == doctest::Approx(expected[i]));
  CHECK(holm(std::vector<double>{0.7, 0.6}) == std::vector<double>{1, 1});
  CHECK(holm({}).empty());
  const double none = std::nan("");  // a test that could not be made
  const std::vector<double> some = holm(std::vector<double>{none, 0.02, none, 0.01});
  CHECK(std::isnan(some[0]));
  CHECK(some[1] == doctest::Approx(0.02));
  CHECK(some[3] == doctest::Approx(0.02));
}

}  // namespace
}  // namespace reel::apps
