// Pictures as SVG: valid XML, marks at the data points, and nothing for points without a place.
#include <doctest/doctest.h>

#include <cmath>

#include <reel/autodiff/core/rng.h>

#include "../throws.h"
#include "pictures.h"

namespace reel::plot {

TEST_CASE("plot: text of any kind makes well-formed XML and comes back from it") {
  const std::string nasty = "a < b && \"c\" > 'd' ]]> <!-- é θ₁ −1";
  Chart chart{nasty, {nasty}, {nasty}, {{nasty, {0, 1}, {0, 1}}, {"other", {0, 1}, {1, 0}}}};
  chart.markers = {{0.5, 0.5, nasty}};
  const Element root = drawn(Picture{nasty, {chart}, 1});
  CHECK(root.name == "svg");
  CHECK(root.attribute("aria-label") == nasty);
  CHECK(all(root, "title")[0].text == nasty);
  CHECK(all(root, "desc")[0].text.find(nasty + " against " + nasty) != std::string::npos);
  CHECK(texts(root, "title") == std::vector{nasty});
  CHECK(texts(root, "chart-title") == std::vector{nasty});
  CHECK(texts(root, "label") == std::vector{nasty, nasty});
  CHECK(texts(root, "start") == std::vector{nasty, std::string("other")});
  CHECK(texts(root, "marker-label") == std::vector{nasty});
}

TEST_CASE("plot: what XML forbids becomes a replacement character") {
  const std::string bad = "�";
  CHECK(escaped("a\x01z") == "a" + bad + "z");
  CHECK(escaped(std::string_view("\0", 1)) == bad);
  CHECK(escaped("\xFF") == bad);
  CHECK(escaped("\xC3") == bad);                                // cut short
  CHECK(escaped("\xC3(") == bad + "(");                         // no continuation byte
  CHECK(escaped("\xC0\xAF") == bad + bad);                      // overlong encoding
  CHECK(escaped("\xED\xA0\x80") == bad + bad + bad);            // a surrogate
  CHECK(escaped("\xEF\xBF\xBF") == bad + bad + bad);            // U+FFFF
  CHECK(escaped("\xF4\x90\x80\x80") == bad + bad + bad + bad);  // beyond U+10FFFF
  CHECK(escaped("\xF0\x9F\x99\x82 é\t\n") == "\xF0\x9F\x99\x82 é\t\n");
  const Element root = drawn(Picture{"\xFF\x02", {chart_of({0, 1}, {0, 1})}});
  CHECK(root.attribute("aria-label") == bad + bad);
}

TEST_CASE("plot: a raster has a square for each number but 0, in the colour of its sign") {
  Chart chart{.title = "weights", .raster = Raster{3, 2, {1, 0, -1, 0.5, nan, -0.5}}};
  const auto pixels = [&](const std::string& style) { return all(drawn(chart), "path", style); };
  const auto positive = pixels("pixels c1"), negative = pixels("pixels c0");
  REQUIRE(positive.size() == 2);
  REQUIRE(negative.size() == 2);
  CHECK(positive[0].attribute("fill-opacity") == "0.5");
  CHECK(positive[1].attribute("fill-opacity") == "1");
  const Line half = lines_of(positive[0].attribute("d"))[0],
             whole = lines_of(positive[1].attribute("d"))[0],
             minus = lines_of(negative[0].attribute("d"))[0];
  CHECK(half[0].y > whole[0].y);  // the second row is below the first
  CHECK(half[0].x == whole[0].x);
  CHECK(minus[0].x > whole[1].x);
  CHECK(std::abs((whole[1].x - whole[0].x) - (whole[2].y - whole[1].y)) < 0.3);
  CHECK(texts(drawn(chart), "tick").empty());
  CHECK(texts(drawn(chart), "note") == std::vector<std::string>{"full colour at ±1"});
  check_places(drawn(chart));
  chart.raster->full = 2;
  CHECK(pixels("pixels c1")[1].attribute("fill-opacity") == "0.5");
  chart.raster->full = 0;
  CHECK_THROWS_AS(svg({"", {chart}}), Error);
  chart.raster = Raster{3, 3, {1}};
  CHECK_THROWS_AS(svg({"", {chart}}), Error);
}

TEST_CASE("plot: the same picture gives the same bytes") {
  Chart chart = chart_of({0, 1, 2}, {3, 1, 2}, Style::line_and_dots);
  chart.surface = surface_of([](double x, double y) { return x * x + y; }, 0, 2, 1, 3, 21, 31);
  chart.markers = {{1, 2, "here"}};
  const Picture picture{"title", {chart, chart_of({}, {})}};
  const std::string first = svg(picture);
  CHECK(svg(picture) == first);
  chart.series[0].y[1] = 1.5;
  CHECK(svg({"title", {chart}}) != first);
}

TEST_CASE("plot: what has no place is a gap, and a point alone is a mark") {
  for (const double gap : {nan, inf, -inf, 1e301, -1e301}) {
    CAPTURE(gap);
    const Element root = drawn(chart_of({0, 1, 2, 3, 4, 5}, {1, 2, gap, 3, 4, 5}));
    const std::vector<Line> lines = lines_of(root);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].size() == 2);
    CHECK(lines[1].size() == 3);
    CHECK(marks_of(root) == 0);
    const Element in_x = drawn(chart_of({0, 1, gap, 3, 4, 5}, {1, 2, 9, 3, 4, 5}));
    CHECK(lines_of(in_x) == lines);  // y agrees with that of the drawn points
    const Element alone = drawn(chart_of({0, 1, 2, 3, 4}, {1, gap, 2, gap, 3}));
    CHECK(lines_of(alone).empty());
    CHECK(marks_of(alone) == 3);
    CHECK(marks_of(drawn(chart_of({0, 1, 2}, {1, gap, 2}, Style::dots))) == 2);
  }
  for (const double gap : {0.0, -1.0, 1e-301}) {
    CAPTURE(gap);
    Chart chart = chart_of({1, 2, 3, 4, 5}, {1, 2, gap, 3, 4});
    chart.y.logarithmic = true;
    CHECK(lines_of(drawn(chart)).size() == 2);
    std::swap(chart.series[0].x, chart.series[0].y);
    std::swap(chart.x, chart.y);
    CHECK(lines_of(drawn(chart)).size() == 2);
  }
}

TEST_CASE("plot: points lie where the axes say, in lengths of the page") {
  const Line linear = lines_of(drawn(chart_of({0, 1, 3}, {10, 0, 20})))[0];
  CHECK((linear[2].x - linear[0].x) / (linear[1].x - linear[0].x) ==
        doctest::Approx(3).epsilon(1e-3));
  CHECK((linear[1].y - linear[2].y) / (linear[1].y - linear[0].y) ==
        doctest::Approx(2).epsilon(1e-3));
  CHECK(linear[2].y < linear[0].y);  // up
  Chart chart = chart_of({1, 10, 1000}, {1e-3, 1e3, 1});
  chart.x.logarithmic = chart.y.logarithmic = true;
  const Line powers = lines_of(drawn(chart))[0];
  CHECK((powers[2].x - powers[0].x) / (powers[1].x - powers[0].x) ==
        doctest::Approx(3).epsilon(1e-3));
  CHECK((powers[0].y - powers[1].y) / (powers[0].y - powers[2].y) ==
        doctest::Approx(2).epsilon(1e-3));

  Chart given = chart_of({0, 1}, {0, 1});
  given.x.low = -1, given.x.high = 3;
  const Element root = drawn(given);
  const Element frame = all(root, "rect", "frame")[0];
  const double left = std::stod(frame.attribute("x")), width = std::stod(frame.attribute("width"));
  const Line line = lines_of(root)[0];
  CHECK(line[0].x == doctest::Approx(left + width / 4).epsilon(1e-3));
  CHECK(line[1].x == doctest::Approx(left + width / 2).epsilon(1e-3));
}

TEST_CASE("plot: with equal scales, a unit is as long on both axes, and the page is used") {
  for (const bool wide : {true, false}) {
    Chart chart = wide ? chart_of({0, 4, 4}, {0, 0, 1}) : chart_of({0, 1, 1}, {0, 0, 4});
    chart.equal_scale = true;
    const auto check_corner = [&](const Element& root) {
      const Line corner = lines_of(root)[0];
      CHECK((corner[1].x - corner[0].x) / (corner[1].y - corner[2].y) ==
            doctest::Approx(wide ? 4 : 0.25).epsilon(1e-2));
      return all(root, "rect", "frame")[0];
    };
    const Element whole = check_corner(drawn(chart));
    CHECK(std::stod(whole.attribute("width")) > 500);
    CHECK(std::stod(whole.attribute("height")) > 300);
    // beyond its borders a surface has nothing to show
    chart.surface = surface_of([](double x, double y) { return x + y; }, 0, wide ? 4 : 1, 0,
                               wide ? 1 : 4, 5, 5);
    const Element part = check_corner(drawn(chart));
    const double width = std::stod(part.attribute("width")),
                 height = std::stod(part.attribute("height"));
    CHECK(width / height == doctest::Approx(wide ? 4 : 0.25).epsilon(1e-2));
    CHECK(width < 640);
    CHECK(height < 400);
  }
}

TEST_CASE("plot: nothing, one point and a constant have a picture") {
  check_places(drawn(Picture{"", {}}));
  check_places(drawn(Chart{""}));
  check_places(drawn(chart_of({}, {})));
  check_places(drawn(chart_of({nan}, {nan})));
  for (const double value : {0.0, 1.0, -3.0, 1e300, -1e300, 5e-324, 1e-300}) {
    CAPTURE(value);
    const Element one = drawn(chart_of({value}, {value}));
    CHECK(marks_of(one) == 1);
    check_places(one);
    const Element level = drawn(chart_of({0, 1, 2}, {value, value, value}));
    CHECK(lines_of(level).size() == 1);
    check_places(level);
  }
  Chart chart = chart_of({1, 2}, {0, -1});
  chart.y.logarithmic = true;
  check_places(drawn(chart));
}

TEST_CASE("plot: ranges as large and as small as numbers can be") {
  for (const auto& [least, most] :
       std::initializer_list<std::pair<double, double>>{{-1e300, 1e300},
                                                        {0, 5e-324},
                                                        {1, 1 + 1e-15},
                                                        {1e299, 1e299 * (1 + 1e-15)},
                                                        {-1e-300, 1e-300},
                                                        {-1e300, 0},
                                                        {123456789, 123456790},
                                                        {0, 1e-308}}) {
    const double low = least, high = most;
    CAPTURE(low);
    CAPTURE(high);
    const Element root = drawn(chart_of({low, high}, {high, low}));
    check_places(root);
    REQUIRE(lines_of(root).size() == 1);
    CHECK(!texts(root, "tick").empty());
    CHECK(texts(root, "tick").size() < 60);
    if (low <= 0) continue;
    Chart powers = chart_of({low, high}, {low, high});
    powers.x.logarithmic = powers.y.logarithmic = true;
    check_places(drawn(powers));
  }
  Chart powers = chart_of({1e-300, 1e300}, {1e-300, 1e300});
  powers.x.logarithmic = powers.y.logarithmic = true;
  check_places(drawn(powers));
  CHECK(lines_of(drawn(powers)).size() == 1);
}

TEST_CASE("plot: what lies outside of the given ends is cut off at the frame") {
  Chart chart = chart_of({0, 1, 2, 3}, {0.5, 1e200, -1e300, 0.5});
  chart.y.low = 0, chart.y.high = 1;
  chart.series.push_back({"", {0, 1, 2}, {0.5, 7, 0.6}, Style::dots});
  Series diverging{"", {}, {}, Style::line_and_dots};
  for (int i = 0; i < 900; ++i) {
    diverging.x.push_back(std::pow(-2.0, i));
    diverging.y.push_back(0.5 - 0.1 * std::pow(-1.5, i));
  }
  chart.series.push_back(diverging);
  chart.x.low = 0, chart.x.high = 3;
  chart.markers = {{1, 5, "outside"}, {2, 0.5, "inside"}, {nan, 0.5, "nowhere"}};
  const Element root = drawn(chart);
  check_places(root);
  CHECK(marks_of(root) == 3);
  CHECK(all(root, "path", "marker").size() == 1);
  CHECK(texts(root, "marker-label") == std::vector<std::string>{"inside"});
}

TEST_CASE("plot: equal names share a colour and one entry of the legend") {
  const Series a{"a", {0, 1}, {0, 1}}, b{"b", {0, 1}, {1, 0}}, unnamed{"", {0, 1}, {1, 1}};
  const Element root = drawn(Picture{"", {{"one", {}, {}, {a, b, unnamed}}, {"two", {}, {}, {b}}}});
  CHECK(texts(root, "start") == std::vector<std::string>{"a", "b"});
  CHECK(all(root, "path", "line c0").size() == 2);     // the line and the legend
  CHECK(all(root, "path", "line c1").size() == 3);     // in both charts and the legend
  CHECK(all(root, "path", "line plain").size() == 1);  // has no colour and no legend entry
  CHECK(all(root, "path", "line").size() == 6);
}

TEST_CASE("plot: charts lie beside each other, then below") {
  const Chart chart = chart_of({0, 1}, {0, 1});
  const Element root = drawn(Picture{"", {chart, chart, chart}, 2});
  const std::vector<Element> frames = all(root, "rect", "frame");
  REQUIRE(frames.size() == 3);
  CHECK(frames[0].attribute("y") == frames[1].attribute("y"));
  CHECK(frames[0].attribute("x") == frames[2].attribute("x"));
  CHECK(std::stod(frames[2].attribute("y")) > std::stod(frames[0].attribute("y")) + 100);
  check_places(root);
  const Element narrow = drawn(Picture{"", {chart}, 1000});
  check_places(narrow);
  CHECK(narrow.attribute("width") == drawn(Picture{"", {chart}, 1}).attribute("width"));
}

TEST_CASE("plot: a surface has level lines and shades; a flat or empty one has none") {
  Chart chart{"bowl", {"x"}, {"y"}};
  for (const bool logarithmic : {false, true}) {
    chart.surface =
        surface_of([](double x, double y) { return x * x + y * y; }, -1, 1, -1, 1, 41, 41);
    chart.surface->logarithmic = logarithmic;
    chart.surface->levels = 5;
    const Element root = drawn(chart);
    CHECK(all(root, "path", "shade").size() == 5);
    CHECK(all(root, "path", "level").size() == 1);
    CHECK(texts(root, "note")[0].starts_with("5 level lines from "));
    check_places(root);
  }
  for (const double height : {0.0, nan, inf, 1e300}) {
    CAPTURE(height);
    chart.surface = surface_of([&](double, double) { return height; }, -1, 1, -1, 1, 3, 3);
    const Element root = drawn(chart);
    CHECK(all(root, "path", "shade").empty());
    CHECK(texts(root, "note").empty());
    check_places(root);
  }
  chart.surface = surface_of([](double x, double) { return x > 0 ? inf : x; }, -1, 1, -1, 1, 9, 9);
  check_places(drawn(chart));
  chart.surface = surface_of([](double x, double y) { return 1e300 * x * y; }, -1, 1, -1, 1, 9, 9);
  check_places(drawn(chart));
  chart.surface->levels = 0;
  CHECK(all(drawn(chart), "path", "shade").empty());
}

TEST_CASE("plot: what can't be drawn is refused by name") {
  CHECK_ERROR("\"title\" has 0 columns", svg({"title", {}, 0}));
  Chart chart = chart_of({1, 2}, {1});
  chart.series[0].name = "odd";
  CHECK_ERROR("series \"odd\" has 2 x and 1 y", svg({"", {chart}}));
  const auto with = [](auto&& change) {
    Chart c = chart_of({1, 2}, {1, 2});
    change(c);
    return svg({"", {c}});
  };
  CHECK_ERROR("\"x\" can't end at nan", with([](Chart& c) { c.x.low = nan; }));
  CHECK_ERROR("\"y\" can't end at inf", with([](Chart& c) { c.y.high = inf; }));
  CHECK_ERROR("positive", with([](Chart& c) { c.x.logarithmic = true, c.x.low = 0; }));
  CHECK_ERROR("from 2 to 1", with([](Chart& c) { c.x.low = 2, c.x.high = 1; }));
  CHECK_ERROR("from 2 to 2", with([](Chart& c) { c.x.low = 2, c.x.high = 2; }));
  CHECK_ERROR("no equal scale", with([](Chart& c) { c.equal_scale = c.x.logarithmic = true; }));
  CHECK_ERROR("1 × 2", with([](Chart& c) { c.surface = {{1}, {1, 2}, {1, 2}}; }));
  CHECK_ERROR("3 heights", with([](Chart& c) { c.surface = {{1, 2}, {1, 2}, {1, 2, 3}}; }));
  CHECK_ERROR("surface's x number 1 is 1", with([](Chart& c) {
                c.surface = {{1, 1}, {1, 2}, {1, 2, 3, 4}};
              }));
  CHECK_ERROR("surface's y number 0 is nan", with([](Chart& c) {
                c.surface = {{1, 2}, {nan, 2}, {1, 2, 3, 4}};
              }));
  CHECK_ERROR("surface's y number 0 is -1", with([](Chart& c) {
                c.y.logarithmic = true;
                c.surface = {{1, 2}, {-1, 2}, {1, 2, 3, 4}};
              }));
}

TEST_CASE("plot: random charts stay on the page") {
  Rng rng(1);
  const auto value = [&] {
    if (rng.below(12) == 0) return rng.below(2) == 0 ? nan : inf;
    return rng.normal() * std::pow(10, rng.uniform(-6, 6) * static_cast<double>(rng.below(3)));
  };
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    Picture picture{"random", {}, 1 + rng.below(3)};
    for (std::uint64_t charts = 1 + rng.below(3); charts > 0; --charts) {
      Chart chart{"chart", {"x", rng.below(2) == 0}, {"y", rng.below(2) == 0}};
      chart.equal_scale = !chart.x.logarithmic && !chart.y.logarithmic && rng.below(2) == 0;
      for (std::uint64_t s = rng.below(4); s > 0; --s) {
        Series series{
            s == 1 ? "" : "series " + std::to_string(s), {}, {}, static_cast<Style>(rng.below(4))};
        for (std::uint64_t n = rng.below(20); n > 0; --n) {
          series.x.push_back(value());
          series.y.push_back(value());
          if (s == 2) {
            series.low.push_back(series.y.back() - std::abs(value()));
            series.high.push_back(series.y.back() + std::abs(value()));
          }
        }
        chart.series.push_back(series);
      }
      if (rng.below(2) == 0) chart.markers.push_back({value(), value(), "a marker"});
      picture.charts.push_back(chart);
    }
    check_places(drawn(picture));
  }
}

}  // namespace reel::plot
