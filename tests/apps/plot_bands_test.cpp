// The band around a line: where its ends lie, and what remains of it where data are missing.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "../throws.h"
#include "pictures.h"

namespace reel::plot {
namespace {

std::vector<Line> areas_of(const Element& root) {
  std::vector<Line> areas;
  for (const Element& path : all(root, "path", "band"))
    for (const Line& area : lines_of(path.attribute("d"))) areas.push_back(area);
  return areas;
}

// A line with a band of these ends at x = 1, 2, …
Chart banded(std::vector<double> y, std::vector<double> low, std::vector<double> high) {
  std::vector<double> x;
  for (std::size_t i = 0; i < y.size(); ++i) x.push_back(static_cast<double>(i + 1));
  Chart chart = chart_of(std::move(x), std::move(y));
  chart.series[0].low = std::move(low);
  chart.series[0].high = std::move(high);
  return chart;
}

// The area along high[begin, end) and back along low, from the places of lines through them.
Line area_between(const Line& high, const Line& low, std::size_t begin, std::size_t end) {
  Line area(high.begin() + static_cast<std::ptrdiff_t>(begin),
            high.begin() + static_cast<std::ptrdiff_t>(end));
  for (std::size_t i = end; i-- > begin;) area.push_back(low[i]);
  area.push_back(area.front());
  return area;
}

// The same chart with its ends as lines of their own, which tell where the ends lie.
std::vector<Line> ends_of(Chart chart) {
  const Series series = chart.series[0];
  chart.series.push_back({"", series.x, series.high});
  chart.series.push_back({"", series.x, series.low});
  return lines_of(drawn(chart));
}

double bottom_of(const Element& root) {
  const Element frame = all(root, "rect", "frame")[0];
  return std::stod(frame.attribute("y")) + std::stod(frame.attribute("height"));
}

}  // namespace

TEST_CASE("band: one area from its high ends back along its low ends, at their places") {
  for (const bool logarithmic : {false, true}) {
    CAPTURE(logarithmic);
    Chart chart = banded({1, 2, 3, 4}, {0.5, 1, 3, 2}, {3, 4, 5, 90});
    chart.y.logarithmic = logarithmic;
    const std::vector<Line> ends = ends_of(chart);
    REQUIRE(ends.size() == 3);
    CHECK(areas_of(drawn(chart)) == std::vector<Line>{area_between(ends[1], ends[2], 0, 4)});
    check_places(drawn(chart));  // the axis reaches the ends
  }
}

TEST_CASE("band: it has the colour of its line, and lies below all lines") {
  Chart chart = banded({1, 2}, {0, 1}, {2, 3});
  CHECK(all(drawn(chart), "path", "band c0").size() == 1);
  chart.series.insert(chart.series.begin(), {"first", {1, 2}, {2, 1}});
  CHECK(all(drawn(chart), "path", "band plain").size() == 1);  // no name, so not in the legend
  chart.series[1].name = "second";
  CHECK(all(drawn(chart), "path", "band c1").size() == 1);
  const std::string text = svg({"", {chart}});
  CHECK(text.find("class=\"band") < text.find("class=\"line"));
}

TEST_CASE("band: a place without one of its ends is a gap; the line goes on") {
  const Chart whole = banded({2, 3, 4, 5, 6}, {1, 2, 3, 4, 5}, {3, 4, 5, 6, 7});
  const std::vector<Line> line = lines_of(drawn(whole)), ends = ends_of(whole);
  for (const double missing : {nan, inf, -inf, 1e301})
    for (const bool of_low : {false, true}) {
      CAPTURE(missing);
      CAPTURE(of_low);
      Chart chart = whole;
      auto& end = of_low ? chart.series[0].low : chart.series[0].high;
      end[2] = missing;
      CHECK(areas_of(drawn(chart)) == std::vector<Line>{area_between(ends[1], ends[2], 0, 2),
                                                        area_between(ends[1], ends[2], 3, 5)});
      CHECK(lines_of(drawn(chart)) == line);
      check_places(drawn(chart));
    }
  Chart half = whole;
  half.series[0].low[2] = nan;
  const std::string drawn_half = svg({"", {half}});
  half.series[0].high[2] = 1000;  // is not drawn, so that the axes need not reach it
  CHECK(svg({"", {half}}) == drawn_half);
  Chart in_x = whole;
  in_x.series[0].x[2] = nan;
  CHECK(areas_of(drawn(in_x)).size() == 2);
  CHECK(lines_of(drawn(in_x)).size() == 2);
}

TEST_CASE("band: without any ends there is none; without its line it stays") {
  const Chart whole = banded({2, 3, 4}, {1, 2, 3}, {3, 4, 5});
  Chart chart = whole;
  chart.series[0].low = chart.series[0].high = {nan, nan, nan};
  CHECK(all(drawn(chart), "path", "band").empty());
  CHECK(lines_of(drawn(chart)).size() == 1);
  chart = whole;
  chart.series[0].y = {nan, nan, nan};
  CHECK(areas_of(drawn(chart)) == areas_of(drawn(whole)));  // so the axes reach it too
  CHECK(lines_of(drawn(chart)).empty());
}

TEST_CASE("band: a place alone is a bar around its mark") {
  const Chart chart = banded({2, 3, 4}, {1, nan, 3}, {3, 4, nan});
  const std::vector<Line> areas = areas_of(drawn(chart)), lines = ends_of(chart);
  REQUIRE(areas.size() == 1);
  REQUIRE(areas[0].size() == 5);
  const Point mean = lines[0][0], high = lines[1][0];
  const double low = mean.y + (mean.y - high.y);
  const Line bar{{mean.x - 5, high.y}, {mean.x + 5, high.y}, {mean.x + 5, low}, {mean.x - 5, low}};
  for (std::size_t i = 0; i < bar.size(); ++i)
    CHECK(std::hypot(areas[0][i].x - bar[i].x, areas[0][i].y - bar[i].y) < 0.3);  // digits of SVG
}

TEST_CASE("band: what lies far outside of the given ends has finite places") {
  Chart chart = banded({1, 1, 1}, {-1e290, 0, 0}, {1e290, 2, 2});
  chart.series[0].x[2] = 1e290;
  chart.x.low = 0, chart.x.high = 3;
  chart.y.low = 0, chart.y.high = 3;
  const std::vector<Line> areas = areas_of(drawn(chart));
  REQUIRE(areas.size() == 1);
  for (const Point p : areas[0]) CHECK(std::max(std::abs(p.x), std::abs(p.y)) <= 1e6);
}

TEST_CASE("band: a low end that has no logarithm lies on the lower border") {
  for (const double low : {0.0, -5.0, 1e-305, 1e-3}) {
    CAPTURE(low);
    Chart chart = banded({1, 2, 3}, {0.5, 0.5, 0.5}, {10, 20, 30});
    chart.y.logarithmic = true;
    if (low > 1e-300) chart.y.low = 0.1;  // given, and above the end
    const std::vector<Line> ends = ends_of(chart);
    const std::vector<std::string> ticks = texts(drawn(chart), "tick");
    chart.series[0].low[1] = low;
    const Element root = drawn(chart);
    Line expected = area_between(ends[1], ends[2], 0, 3);
    expected[4].y = bottom_of(root);
    CHECK(areas_of(root) == std::vector<Line>{expected});
    CHECK(texts(root, "tick") == ticks);  // the axis does not try to reach it
    check_places(root);
  }
}

TEST_CASE("band: a high end that has no logarithm is a gap") {
  for (const double high : {0.0, -1.0}) {
    CAPTURE(high);
    Chart chart = banded({1, 2, 3, 4, 5}, {1, 1, 1, 1, 1}, {9, 9, 9, 9, 9});
    chart.y.logarithmic = true;
    const std::vector<Line> ends = ends_of(chart);
    chart.series[0].low[2] = high - 1;
    chart.series[0].high[2] = high;
    CHECK(areas_of(drawn(chart)) == std::vector<Line>{area_between(ends[1], ends[2], 0, 2),
                                                      area_between(ends[1], ends[2], 3, 5)});
  }
}

TEST_CASE("band: with another number of ends than points it is refused by name") {
  const auto with = [](std::vector<double> low, std::vector<double> high) {
    Chart chart = banded({1, 2}, std::move(low), std::move(high));
    chart.series[0].name = "adam";
    return svg({"", {chart}});
  };
  CHECK_ERROR("series \"adam\" has 2 x, and a band with 2 low and 1 high ends", with({1, 2}, {1}));
  CHECK_ERROR("2 x, and a band with 0 low and 2 high", with({}, {1, 2}));
  CHECK_ERROR("2 x, and a band with 2 low and 0 high", with({1, 2}, {}));
  CHECK_ERROR("2 x, and a band with 3 low and 3 high", with({1, 2, 3}, {1, 2, 3}));
}

}  // namespace reel::plot
