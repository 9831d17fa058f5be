// The chart of training costs: what its curves and bands are of the costs of each seed.
#include "../../apps/common/cost_chart.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

namespace reel::apps {
namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

}  // namespace

TEST_CASE("cost_chart: a curve is the mean of the seeds, its band a standard deviation each way") {
  const plot::Series series = banded({"adam", {{2, 10}, {4, 10}, {9, 10}}});
  CHECK(series.name == "adam");
  CHECK(series.x == std::vector<double>{1, 2});
  CHECK(series.y == std::vector<double>{5, 10});
  const double deviation = std::sqrt((9. + 1 + 16) / 2);
  REQUIRE(series.low.size() == 2);
  REQUIRE(series.high.size() == 2);
  CHECK(series.low[0] == doctest::Approx(5 - deviation));
  CHECK(series.high[0] == doctest::Approx(5 + deviation));
  CHECK(series.low[1] == 10);
  CHECK(series.high[1] == 10);
}

TEST_CASE("cost_chart: a curve ends with the shortest run") {
  const plot::Series series = banded({"", {{3, 2, 1}, {5, 4}, {4, 3, 2, 1}}});
  CHECK(series.x == std::vector<double>{1, 2});
  CHECK(series.y == std::vector<double>{4, 3});
}

TEST_CASE("cost_chart: each setting has a line and a band, one run a line alone") {
  const std::vector<CostRuns> settings{{"0.1", {{3, 2}, {4, 3}}}, {"0.3", {{2, 1}, {3, 1}}}};
  const plot::Chart chart = cost_chart(settings);
  CHECK(chart.title == "Mean ± standard deviation of 2 seeds");
  CHECK(chart.y.logarithmic);
  CHECK(chart.x.whole);
  REQUIRE(chart.series.size() == 2);
  CHECK(chart.series[1].name == "0.3");
  const std::string both = plot::svg({"", {chart}});
  CHECK(count(both, "class=\"band c0\"") == 1);
  CHECK(count(both, "class=\"band c1\"") == 1);
  const std::string single =
      plot::svg({"", {cost_chart(std::vector<CostRuns>{{"0.1", {{3, 2}}}})}});
  CHECK(count(single, "class=\"band") == 0);
  CHECK(count(single, "class=\"line c0") == 2);  // and in the legend
}

}  // namespace reel::apps
