// The parts of the SVG writer: level lines, clipping, thinning, axes, labels.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <reel/autodiff/core/rng.h>

#include <reel/plot/labels.h>
#include <reel/plot/level_lines.h>
#include <reel/plot/lines.h>
#include <reel/plot/scale.h>
#include <reel/plot/svg.h>

#include "pictures.h"

namespace reel::plot {
namespace {

constexpr double pi = 3.14159265358979323846;

// z at n × m points over [−1, 1]².
Grid grid_of(const std::function<double(double, double)>& z, std::size_t n, std::size_t m) {
  const auto ends = [](std::size_t count) {
    std::vector<double> x;
    for (std::size_t i = 0; i < count; ++i)
      x.push_back(-1 + 2 * static_cast<double>(i) / static_cast<double>(count - 1));
    return x;
  };
  Grid grid{ends(n), ends(m), {}};
  for (const double y : grid.y)
    for (const double x : grid.x) grid.z.push_back(z(x, y));
  return grid;
}

// The area of closed lines, by the even-odd rule if no line is in a hole.
double area(const std::vector<Line>& lines) {
  double total = 0;
  for (const Line& line : lines) {
    double twice = 0;
    for (std::size_t i = 1; i < line.size(); ++i)
      twice += line[i - 1].x * line[i].y - line[i].x * line[i - 1].y;
    total += std::abs(twice) / 2;
  }
  return total;
}

double radius(Point p) { return std::hypot(p.x, p.y); }
double squared_radius(double x, double y) { return x * x + y * y; }

}  // namespace

TEST_CASE("level_lines: those of a circle lie on the circle, closed") {
  for (const auto& [n, m] : {std::pair<std::size_t, std::size_t>{40, 40}, {41, 77}}) {
    const Grid grid = grid_of(squared_radius, n, m);
    const std::vector<Line> lines = level_lines(grid, 0.49);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].front() == lines[0].back());
    // along an edge of length h, z differs from linear by h²/4; its slope across the circle is 2r
    const double h = 2.0 / static_cast<double>(std::min(n, m) - 1);
    for (const Point p : lines[0]) CHECK(std::abs(radius(p) - 0.7) < h * h / 4 / 1.2);
    CHECK(length_of(lines[0]) == doctest::Approx(2 * pi * 0.7).epsilon(0.005));
    const std::vector<Line> outside = regions_above(grid, 0.49);
    CHECK(outside.size() == 2);  // the border and the hole
    for (const Line& line : outside) CHECK(line.front() == line.back());
  }
}

TEST_CASE("level_lines: of a plane they are exact, from border to border") {
  const auto plane = [](double x, double y) { return x + 2 * y; };
  const std::vector<Line> lines = level_lines(grid_of(plane, 12, 9), 0.3);
  REQUIRE(lines.size() == 1);
  for (const Point p : lines[0]) CHECK(std::abs(plane(p.x, p.y) - 0.3) < 1e-14);
  CHECK(!(lines[0].front() == lines[0].back()));
  for (const Point p : {lines[0].front(), lines[0].back()})
    CHECK(std::max(std::abs(p.x), std::abs(p.y)) == 1);
  CHECK(length_of(lines[0]) == doctest::Approx(std::sqrt(5)));  // x + 2y = 0.3, |x| ≤ 1
}

TEST_CASE("level_lines: regions reach the border, and have the area of what lies above") {
  const auto x = [](double at, double) { return at; };
  for (const double level : {-0.9, 0.0, 0.5, 0.77})
    CHECK(area(regions_above(grid_of(x, 9, 5), level)) == doctest::Approx(2 * (1 - level)));
  CHECK(area(regions_above(grid_of(x, 9, 5), -2)) == doctest::Approx(4));
  CHECK(area(regions_above(grid_of(x, 9, 5), -1)) == doctest::Approx(4));  // equal is inside
  CHECK(area(regions_above(grid_of([](double, double) { return 3; }, 9, 5), 3)) ==
        doctest::Approx(4));
  CHECK(regions_above(grid_of(x, 9, 5), 1.5).empty());
  CHECK(level_lines(grid_of(x, 9, 5), 1.5).empty());
  CHECK(level_lines(grid_of(x, 9, 5), -2).empty());
}

TEST_CASE("level_lines: a saddle is crossed on two lines, on the sides that its middle decides") {
  for (const double level : {-0.5, 0.5}) {
    Grid grid{{0, 1}, {0, 1}, {1, -1, -1, 1}};  // corners a, c high, b, d low; the middle is 0
    const std::vector<Line> lines = level_lines(grid, level);
    REQUIRE(lines.size() == 2);
    CHECK(area(regions_above(grid, level)) == doctest::Approx(level < 0 ? 1 - 0.0625 : 0.0625));
    for (const Line& line : lines) {
      // around a high corner if the middle is low, otherwise around a low corner
      const Point middle{(line[0].x + line[1].x) / 2, (line[0].y + line[1].y) / 2};
      CHECK((std::abs(middle.x - middle.y) < 0.1) == (level > 0));
    }
  }
}

TEST_CASE("level_lines: NaN is a hole, infinity a height") {
  Grid grid = grid_of(squared_radius, 21, 21);
  grid.z[10 * 21 + 17] = nan;  // at (0.7, 0)
  const std::vector<Line> lines = level_lines(grid, 0.48);
  REQUIRE(lines.size() == 1);
  CHECK(!(lines[0].front() == lines[0].back()));
  for (const Point p : lines[0]) {
    CHECK(radius(p) == doctest::Approx(std::sqrt(0.48)).epsilon(0.01));
    CHECK(!(p.x > 0.65 && std::abs(p.y) < 0.05));
  }
  grid.z.assign(grid.z.size(), nan);
  CHECK(level_lines(grid, 0).empty());
  CHECK(regions_above(grid, 0).empty());
  grid = grid_of([](double, double) { return 1; }, 5, 5);
  grid.z[12] = nan;  // the middle point; its neighbours are half a unit away
  const std::vector<Line> around = regions_above(grid, 0);
  CHECK(around.size() == 2);
  for (const Line& line : around) CHECK(line.front() == line.back());
  // NaN counts as far below the level as the others are above: the hole reaches half way to them
  CHECK(area(around) == doctest::Approx(4 + 0.25 * 0.25 * 2));
  for (const double far : {inf, -inf})
    for (const Line& line : level_lines({{0, 1}, {0, 1}, {far, 0, far, 2}}, 1))
      for (const Point p : line) {
        CHECK(std::isfinite(p.x));
        CHECK(std::isfinite(p.y));
      }
}

TEST_CASE("level_lines: points of every line have the level, on surfaces at random") {
  Rng rng(3);
  for (int round = 0; round < 50; ++round) {
    Grid grid = grid_of([&](double, double) { return rng.normal(); }, 7, 9);
    std::size_t pieces = 0, ends = 0;
    for (const Line& line : level_lines(grid, 0.1)) {
      REQUIRE(line.size() >= 2);
      pieces += line.size() - 1;
      if (!(line.front() == line.back())) ends += 2;
    }
    std::size_t crossed = 0, on_border = 0;  // counted over the edges of the grid
    const auto above = [&](std::size_t i, std::size_t j) { return grid.z[j * 7 + i] >= 0.1; };
    for (std::size_t j = 0; j < 9; ++j)
      for (std::size_t i = 0; i < 7; ++i) {
        const bool right = i + 1 < 7 && above(i, j) != above(i + 1, j),
                   up = j + 1 < 9 && above(i, j) != above(i, j + 1);
        crossed += right + up;
        on_border += (right && (j == 0 || j == 8)) + (up && (i == 0 || i == 6));
      }
    CHECK(ends == on_border);
    CHECK(pieces ==
          crossed - on_border / 2);  // an inner edge joins two pieces; one on the border ends one
  }
}

TEST_CASE("clipped: the parts inside, in order, cut at the border") {
  const Box box{0, 0, 10, 10};
  CHECK(clipped({{1, 1}, {9, 9}}, box) == std::vector<Line>{{{1, 1}, {9, 9}}});
  CHECK(clipped({{-5, 5}, {15, 5}}, box) == std::vector<Line>{{{0, 5}, {10, 5}}});
  CHECK(clipped({{5, 5}, {5, 25}}, box) == std::vector<Line>{{{5, 5}, {5, 10}}});
  CHECK(clipped({{-5, -5}, {-1, 20}}, box).empty());
  CHECK(clipped({{-5, 4}, {4, -5}}, box).empty());  // passes the corner outside
  CHECK(clipped({{11, 0}, {11, 10}}, box).empty());
  CHECK(clipped({{5, 5}, {5, 15}, {6, 15}, {6, 5}, {7, 5}}, box) ==
        std::vector<Line>{{{5, 5}, {5, 10}}, {{6, 10}, {6, 5}, {7, 5}}});
  CHECK(clipped({{5, 5}, {15, 5}, {5, 5}}, box) ==
        std::vector<Line>{{{5, 5}, {10, 5}}, {{10, 5}, {5, 5}}});
  CHECK(clipped({{0, 0}, {10, 0}, {10, 10}}, box) ==
        std::vector<Line>{{{0, 0}, {10, 0}, {10, 10}}});
  CHECK(clipped({{5, 5}}, box) == std::vector<Line>{{{5, 5}}});
  CHECK(clipped({{5, 15}}, box).empty());
  CHECK(clipped({}, box).empty());
  for (const double far : {1e13, 1e200}) {  // rounding there is coarser than the box
    CHECK(clipped({{5, 5}, {5, far}}, box) == std::vector<Line>{{{5, 5}, {5, 10}}});
    CHECK(clipped({{far, 5}, {5, 5}}, box) == std::vector<Line>{{{10, 5}, {5, 5}}});
    CHECK(clipped({{-far, 5}, {far, 5}}, box).empty());
    CHECK(clipped({{-far, -far}, {far, far}, {far, -far}}, box).empty());
  }
  for (const Line& line : {Line{{5, 20}, {5, -1e18}}, Line{{5, -1e18}, {5, 20}}}) {
    const std::vector<Line> parts = clipped(line, box);
    REQUIRE(parts.size() == 1);
    REQUIRE(parts[0].size() == 2);
    const bool down = line[0].y > 0;
    CHECK(std::abs(parts[0][0].y - (down ? 10 : 0)) < 1e-9);
    CHECK(std::abs(parts[0][1].y - (down ? 0 : 10)) < 1e-9);
  }
  Rng rng(4);
  Line wild;
  for (int i = 0; i < 500; ++i) wild.push_back({rng.uniform(-20, 30), rng.uniform(-20, 30)});
  for (const Line& part : clipped(wild, box)) {
    CHECK(part.size() >= 2);
    for (const Point p : part) CHECK(Box{-1e-9, -1e-9, 10 + 2e-9, 10 + 2e-9}.contains(p));
  }
}

TEST_CASE("thinned: few points stay; of many, the ends and the extremes") {
  Line few;
  for (int i = 0; i < 2000; ++i) few.push_back({0.001 * i, i % 2 * 1.0});
  CHECK(thinned(few) == few);
  Line many;
  for (int i = 0; i < 100'000; ++i)
    many.push_back({0.001 * i, i == 777 ? 50 : i == 77'777 ? -50 : std::sin(i)});
  const Line kept = thinned(many);
  CHECK(kept.size() <= 4 * 200);
  CHECK(kept.front() == many.front());
  CHECK(kept.back() == many.back());
  for (const std::size_t i : {777u, 77'777u})
    CHECK(std::find(kept.begin(), kept.end(), many[i]) != kept.end());
  CHECK(std::is_sorted(kept.begin(), kept.end(), [](Point a, Point b) { return a.x < b.x; }));
  Line circles;
  for (int i = 0; i < 50'000; ++i)
    circles.push_back({100 * std::cos(0.001 * i), 100 * std::sin(0.001 * i)});
  const Line turning = thinned(circles);
  CHECK(turning.size() < circles.size() / 4);
  CHECK(turning.back() == circles.back());
  for (std::size_t i = 1; i < turning.size(); ++i)
    CHECK(std::hypot(turning[i].x - turning[i - 1].x, turning[i].y - turning[i - 1].y) < 1);
}

TEST_CASE("along: points as far apart as asked for, over all lines") {
  const Line points = along({{{0, 0}, {10, 0}}, {{0, 5}, {0, 15}}}, 4, 1);
  CHECK(points == Line{{1, 0}, {5, 0}, {9, 0}, {0, 8}, {0, 12}});
  CHECK(along({}, 4, 1).empty());
  CHECK(along({{{3, 3}, {3, 3}}}, 4, 0).empty());
}

TEST_CASE("ticks_of: a whole axis has ticks at whole numbers alone") {
  const auto labels = [](double low, double high, bool whole) {
    std::vector<std::string> all;
    for (const Tick& tick : ticks_of({low, high}, {.label = "epoch", .whole = whole}, 8))
      all.push_back(tick.label);
    return all;
  };
  CHECK(labels(0.5, 1.5, true) == std::vector<std::string>{"1"});
  CHECK(labels(0.5, 1.5, false).size() > 3);
  CHECK(labels(0.9, 3.1, true) == std::vector<std::string>{"1", "2", "3"});
  CHECK(labels(1, 80, true) == labels(1, 80, false));
}

TEST_CASE("ticks_of: round numbers inside the range, ascending, as their labels say") {
  Rng rng(5);
  for (int round = 0; round < 500; ++round) {
    const double size = std::pow(10, rng.uniform(-8, 8));
    const double low = size * rng.uniform(-1, 1), high = low + size * rng.uniform(0.01, 2);
    CAPTURE(low);
    CAPTURE(high);
    const std::vector<Tick> ticks = ticks_of({low, high}, {}, 8);
    CHECK(ticks.size() >= 2);
    CHECK(ticks.size() <= 9);
    for (std::size_t i = 0; i < ticks.size(); ++i) {
      CHECK(ticks[i].value >= low - 1e-6 * (high - low));
      CHECK(ticks[i].value <= high + 1e-6 * (high - low));
      if (i > 0) CHECK(ticks[i].value > ticks[i - 1].value);
      std::string label = ticks[i].label, power = ticks[i].power;
      for (std::string* text : {&label, &power})
        if (text->starts_with("−")) text->replace(0, std::string("−").size(), "-");
      if (const auto times = label.find("×10"); times != std::string::npos)
        label = label.substr(0, times) + "e" + power;
      CHECK(std::abs(std::stod(label) - ticks[i].value) <= 1e-9 * (high - low));
    }
  }
  const auto labels = [](const Range& range, bool logarithmic, std::size_t most) {
    std::string text;
    for (const Tick& tick : ticks_of(range, {"", logarithmic}, most))
      if (!tick.label.empty())
        text +=
            (text.empty() ? "" : " ") + tick.label + (tick.power.empty() ? "" : "^") + tick.power;
    return text;
  };
  CHECK(labels({-1, 1}, false, 5) == "−1.0 −0.5 0.0 0.5 1.0");
  CHECK(labels({0, 1234}, false, 4) == "0 500 1000");
  CHECK(labels({0, 3e7}, false, 4) == "0 1×10^7 2×10^7 3×10^7");
  CHECK(labels({1e-3, 1e3}, true, 8) == "10^−3 10^−2 10^−1 10^0 10^1 10^2 10^3");
  CHECK(labels({1, 30}, true, 8) == "1 2 5 10 20");
  CHECK(labels({1e7, 6e7}, true, 8) == "10^7 2×10^7 5×10^7");
  CHECK(labels({1e-20, 1}, true, 5) == "10^−20 10^−15 10^−10 10^−5 10^0");
  CHECK(ticks_of({1e-300, 1e300}, {"", true}, 10).size() < 15);
  CHECK(labels({3, 4}, true, 5) == "3.0 3.2 3.4 3.6 3.8 4.0");
}

TEST_CASE("range_of: the data with a little space, or as given") {
  const Range loose = range_of({"x"}, {1, 3, nan}, false);
  CHECK((loose.low < 1 && loose.low > 0.8 && loose.high > 3 && loose.high < 3.2));
  const Range tight = range_of({"x"}, {1, 3, nan}, true);
  CHECK((tight.low == 1 && tight.high == 3));
  const Range half = range_of({.label = "x", .low = -7}, {1, 3}, false);
  CHECK((half.low == -7 && half.high > 3));
  const Range beyond = range_of({.label = "x", .low = 10}, {1, 3}, false);
  CHECK((beyond.low == 10 && beyond.high > 10));
  const Range powers = range_of({"x", true}, {0, -1, 1e-3, 1e3}, true);
  CHECK(powers.low == doctest::Approx(1e-3));
  CHECK(powers.high == doctest::Approx(1e3));
}

TEST_CASE("short_number: three digits") {
  for (const auto& [value, text] :
       std::initializer_list<std::pair<double, const char*>>{{0, "0"},
                                                             {0.25, "0.25"},
                                                             {-1.5, "−1.5"},
                                                             {1234.5, "1230"},
                                                             {0.000123456, "0.000123"},
                                                             {999999, "1000000"},
                                                             {2.5e6, "2.50·10^6"},
                                                             {-3e-9, "−3.00·10^−9"},
                                                             {100, "100"}})
    CHECK(short_number(value) == text);
}

TEST_CASE("number: one digit after the point, no minus zero") {
  CHECK(number(12) == "12");
  CHECK(number(0.25) == "0.2");
  CHECK(number(-0.04) == "0");
  CHECK(number(-1.55) == "-1.6");
  CHECK(path_through({{0, 0}, {1, 2}, {3.5, 4}}) == "M0 0L1 2 3.5 4");
  CHECK(path_through({{0, 0}, {1, 2}, {3, 4}, {0, 0}}) == "M0 0L1 2 3 4Z");
}

TEST_CASE("labels: beside their points, inside, none on another") {
  Labels labels;
  const Box box{0, 0, 300, 200};
  for (const Point at : {Point{1, 1}, {299, 1}, {1, 199}, {299, 199}, {150, 100}, {155, 104}})
    labels.add(at, "a label");
  const std::vector<Label> placed = labels.placed(box, box);
  REQUIRE(placed.size() == 6);
  std::vector<Box> places;
  for (const Label& label : placed) {
    const double width = text_width(label.text, 12);
    const double left = label.at.x - (label.anchor == "end"      ? width
                                      : label.anchor == "middle" ? width / 2
                                                                 : 0);
    const Box place{left, label.at.y - 10, width, 12};
    CHECK(box.contains({place.left, place.top}));
    CHECK(box.contains({place.right(), place.bottom()}));
    for (const Box& other : places)
      CHECK((place.left >= other.right() || other.left >= place.right() ||
             place.top >= other.bottom() || other.top >= place.bottom()));
    places.push_back(place);
  }
}

TEST_CASE("labels: to the right, unless a line is there") {
  const Box box{0, 0, 300, 200};
  Labels free, crossed;
  free.add({150, 100}, "a label");
  CHECK(free.placed(box, box)[0].anchor == "start");
  crossed.add({150, 100}, "a label");
  crossed.add({150, 20}, "");
  crossed.avoid({{150, 100}, {300, 100}});
  const std::vector<Label> placed = crossed.placed(box, box);
  REQUIRE(placed.size() == 1);
  CHECK(placed[0].anchor == "end");
}

TEST_CASE("labels: on a line rather than cut off by the end of the page") {
  Labels labels;
  labels.add({290, 100}, "a label");
  for (double y = 60; y <= 140; y += 2) labels.avoid({{0, y}, {292, y}});
  const Box box{0, 0, 300, 200}, page{-10, -10, 312, 220};
  CHECK(labels.placed(box, {-500, -500, 1500, 1500})[0].anchor == "start");
  CHECK(labels.placed(box, page)[0].anchor == "end");
}

}  // namespace reel::plot
