// Charts as SVG: well-formed, the same each time, right at gaps, edges and extremes.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <reel/autodiff/core/error.h>

#include "../../apps/plot/chart.h"
#include "../../apps/plot/labels.h"
#include "../../apps/plot/level_lines.h"
#include "../../apps/plot/lines.h"
#include "../../apps/plot/plot.h"
#include "../../apps/plot/scale.h"
#include "../../apps/plot/svg.h"
#include "../throws.h"

namespace reel::plot {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
const double nan = std::nan("");

// What is wrong with an XML document of elements, quoted attributes and text; empty if nothing is.
std::string fault(std::string_view xml) {
  std::vector<std::string> open;
  std::size_t i = 0;
  while (i < xml.size()) {
    if (xml[i] == '&') {
      const std::size_t end = xml.find(';', i);
      const auto entity = xml.substr(i, end - i + 1);
      if (entity != "&amp;" && entity != "&lt;" && entity != "&gt;" && entity != "&quot;")
        return "a bare &";
    }
    if (xml[i] == '>') return "a bare >";
    if (xml[i] != '<') {
      if (open.empty() && xml[i] != '\n') return "text outside";
      ++i;
      continue;
    }
    const std::size_t end = xml.find('>', i);
    if (end == xml.npos) return "a tag without end";
    const auto tag = xml.substr(i + 1, end - i - 1);
    if (tag.find('<') != tag.npos) return "a tag in a tag: " + std::string(tag);
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0) return "a quote: " + std::string(tag);
    const std::string name(tag.substr(tag[0] == '/', tag.find_first_of(" /", 1) - (tag[0] == '/')));
    if (tag[0] == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return "closes " + std::string(tag);
      open.pop_back();
    } else if (tag.back() != '/') {
      if (open.empty() && i != 0) return "two roots";
      open.push_back(name);
    }
    i = end + 1;
  }
  return open.empty() ? "" : "does not close " + open.back();
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t i = text.find(part); i != text.npos; i = text.find(part, i + part.size())) ++n;
  return n;
}

// A picture of one chart, drawn; well-formed, without a number that is none.
std::string drawn(const Chart& chart) {
  const std::string xml = svg({"", {chart}, 1});
  CHECK(fault(xml) == "");
  CHECK(xml.find("nan") == xml.npos);
  CHECK(xml.find("inf\"") == xml.npos);
  CHECK(xml.find("e+") == xml.npos);
  return xml;
}

TEST_CASE("the checker of XML sees what is wrong") {
  CHECK(fault("<a><b c=\"1\"/>x &lt; y</a>\n") == "");
  CHECK(fault("<a><b></a></b>") != "");
  CHECK(fault("<a>") != "");
  CHECK(fault("<a>&nbsp</a>") != "");
  CHECK(fault("<a b=\"c></a>") != "");
  CHECK(fault("<a/><b></b>") != "");
}

TEST_CASE("svg: a whole picture is well-formed, its texts escaped, and the same each time") {
  const std::string odd = "x < y & \"z\" > θ₁²";
  const Picture picture{
      odd,
      {{.title = odd,
        .x = {odd},
        .y = {odd, true},
        .series = {{odd, {1, 2, 3}, {1, 10, 100}, Style::line_and_dots},
                   {"dashes", {1, 2}, {5, 6}, Style::dashes},
                   {"dots", {1, 2}, {7, 8}, Style::dots}},
        .markers = {{2, 20, odd}}},
       {.title = "surface",
        .series = {{odd, {0, 1}, {0, 1}, Style::line}},
        .surface = surface_of([](double x, double y) { return x * x + y; }, -1, 1, -2, 2, 21, 11),
        .equal_scale = true}}};
  const std::string xml = svg(picture);
  CHECK(fault(xml) == "");
  CHECK(xml == svg(picture));
  CHECK(xml.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  CHECK(xml.find("x &lt; y &amp; &quot;z&quot; &gt; θ₁²") != xml.npos);
  CHECK(xml.find("prefers-color-scheme:dark") != xml.npos);
  CHECK(escaped(std::string_view("a\0\x01\xff", 4)) == "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("svg: equal names share a colour and one entry of the legend; empty names have none") {
  const Picture picture{
      "",
      {{.title = "a", .series = {{"one", {0, 1}, {0, 1}}, {"two", {0, 1}, {1, 0}}}},
       {.title = "b", .series = {{"two", {0, 1}, {0, 1}}, {"", {0, 1}, {1, 2}}}}}};
  const Legend legend(picture);
  REQUIRE(legend.entries().size() == 2);
  CHECK(legend.index("one") == 0);
  CHECK(legend.index("two") == 1);
  CHECK(!legend.index(""));
  const std::string xml = svg(picture);
  CHECK(count(xml, ">one</text>") == 1);
  CHECK(count(xml, ">two</text>") == 1);
  CHECK(count(xml, "line c0") == 2);  // once in a chart, once in the legend
  CHECK(count(xml, "line c1") == 3);
}

TEST_CASE("svg: gaps where a value has no place") {
  const auto lines = [](std::vector<double> y, bool logarithmic) {
    std::vector<double> x(y.size());
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
    const std::string xml =
        drawn({.title = "", .y = {"", logarithmic}, .series = {{"", std::move(x), std::move(y)}}});
    // each part of the line starts with M
    std::size_t parts = 0;
    for (std::size_t at = xml.find("class=\"line"); at != xml.npos;
         at = xml.find("class=\"line", at + 1))
      parts += count(xml.substr(at, xml.find("/>", at) - at), "M");
    return parts;
  };
  CHECK(lines({1, 2, 3, 4}, false) == 1);
  CHECK(lines({1, 2, nan, 3, 4}, false) == 2);
  CHECK(lines({1, 2, infinity, 3, 4}, false) == 2);
  CHECK(lines({1, 2, 0, 3, 4}, false) == 1);
  CHECK(lines({1, 2, 0, 3, 4}, true) == 2);
  CHECK(lines({1, 2, -3, 3, 4, nan, 5, 6}, true) == 3);
}

TEST_CASE("svg: nothing, one point, equal values, the largest and the smallest") {
  drawn({.title = ""});
  drawn({.title = "", .series = {{"none", {}, {}}}});
  drawn({.title = "", .series = {{"point", {3}, {4}}}});
  drawn({.title = "", .y = {"", true}, .series = {{"never", {1, 2}, {-1, nan}}}});
  drawn({.title = "", .series = {{"level", {1, 2, 3}, {7, 7, 7}}}});
  drawn({.title = "", .series = {{"zero", {0, 0}, {0, 0}}}});
  for (const double size : {1e-300, 1e-12, 1e12, 1e300}) {
    CAPTURE(size);
    drawn({.title = "", .series = {{"", {-size, size}, {size, 2 * size}, Style::line_and_dots}}});
    drawn({.title = "", .x = {"", true}, .series = {{"", {size, size * 10}, {0, 1}}}});
  }
  drawn({.title = "", .y = {"", true}, .series = {{"", {1, 2}, {1e-300, 1e300}}}});
  drawn({.title = "", .series = {{"", {1, 2}, {1, std::nextafter(1.0, 2.0)}}}});
  drawn({.title = "", .markers = {{nan, 1, "nowhere"}, {1, 1, "here"}}});
}

TEST_CASE("svg: what cannot be drawn is said, by name") {
  CHECK_ERROR("\"loss\" has 2 x and 1",
              svg({"", {{.title = "", .series = {{"loss", {1, 2}, {1}}}}}}));
  Chart chart{.title = "hills", .surface = Surface{{0, 1}, {0, 1}, {1, 2, 3}}};
  CHECK_ERROR("hills", svg({"", {chart}}));
  chart.surface = Surface{{1, 0}, {0, 1}, {1, 2, 3, 4}};
  CHECK_ERROR("surface's x", svg({"", {chart}}));
  chart.surface = Surface{{0, 1}, {0, 0}, {1, 2, 3, 4}};
  CHECK_ERROR("surface's y", svg({"", {chart}}));
  CHECK_ERROR("0 columns", svg({"", {}, 0}));
  CHECK_ERROR("equal scale", svg({"", {{.title = "", .x = {"", true}, .equal_scale = true}}}));
  CHECK_ERROR("\"time\" goes from 2 to 1", svg({"", {{.title = "", .x = {"time", false, 2, 1}}}}));
  CHECK_ERROR("\"time\" can't end at", svg({"", {{.title = "", .x = {"time", true, 0, 1}}}}));
  CHECK_ERROR("\"time\" can't end at", svg({"", {{.title = "", .x = {"time", false, nan, 1}}}}));
}

TEST_CASE("ticks: round numbers inside the axis, at least two with a label") {
  for (const bool logarithmic : {false, true})
    for (const Range range : {Range{0.001, 12}, Range{3, 4}, Range{1, 1e9}, Range{0.97, 1.04},
                              Range{1e-16, 1e3}, Range{20, 21}, Range{1e5, 1.1e5}}) {
      CAPTURE(logarithmic);
      CAPTURE(range.low);
      CAPTURE(range.high);
      const auto ticks = ticks_of(range, logarithmic, 6);
      std::size_t labelled = 0;
      for (const Tick& tick : ticks) {
        CHECK(tick.value >= range.low - 1e-9 * (range.high - range.low));
        CHECK(tick.value <= range.high + 1e-9 * (range.high - range.low));
        CHECK(tick.label != "−0");
        labelled += !tick.label.empty();
      }
      CHECK(labelled >= 2);
      CHECK(labelled <= 12);
      CHECK(std::is_sorted(ticks.begin(), ticks.end(),
                           [](const Tick& a, const Tick& b) { return a.value < b.value; }));
    }
  const auto ticks = ticks_of({0, 10}, false, 5);
  CHECK(ticks.front().label == "0");
  const auto powers = ticks_of({1e-4, 1e4}, true, 5);
  CHECK(std::any_of(powers.begin(), powers.end(),
                    [](const Tick& t) { return t.label == "10" && t.power == "−2"; }));
}

TEST_CASE("range_of: the axis's ends, or the data's with space; has_place") {
  const Range own = range_of({"", false, 2, 7}, {0, 100}, false);
  CHECK(own.low == 2);
  CHECK(own.high == 7);
  const Range data = range_of({""}, {3, nan, 5, infinity}, true);
  CHECK(data.low == 3);
  CHECK(data.high == 5);
  const Range roomy = range_of({""}, {3, 5}, false);
  CHECK(roomy.low < 3);
  CHECK(roomy.high > 5);
  CHECK(range_of({"", true}, {-1, 0, 1e-3, 10}, true).low == 1e-3);
  CHECK(has_place(-1, false));
  CHECK(!has_place(-1, true));
  CHECK(!has_place(0, true));
  CHECK(!has_place(nan, false));
  CHECK(!has_place(infinity, false));
  const Scale up({1, 100}, true, 400, 0);
  CHECK(up(10) == doctest::Approx(200).epsilon(1e-12));
  CHECK(up(1) == doctest::Approx(400).epsilon(1e-12));
}

Grid cone(std::size_t n) {
  Grid grid;
  for (std::size_t i = 0; i < n; ++i)
    grid.x.push_back(-2 + 4 * static_cast<double>(i) / static_cast<double>(n - 1));
  grid.y = grid.x;
  for (const double y : grid.y)
    for (const double x : grid.x) grid.z.push_back(std::hypot(x, y));
  return grid;
}

TEST_CASE("level lines: those of a cone are circles, closed, one for each level") {
  const Grid grid = cone(81);
  for (const double radius : {0.5, 1.0, 1.9}) {
    const auto lines = level_lines(grid, radius);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].front() == lines[0].back());
    CHECK(lines[0].size() > 20);
    for (const Point& p : lines[0]) CHECK(std::abs(std::hypot(p.x, p.y) - radius) < 2e-3);
  }
  CHECK(level_lines(grid, 5).empty());
  CHECK(level_lines(grid, -1).empty());
  CHECK(level_lines(grid, 2.5).size() == 4);  // a corner each
}

TEST_CASE("level lines: a saddle, a plateau, and cells without a height") {
  Grid saddle = cone(21);
  for (std::size_t j = 0; j < 21; ++j)
    for (std::size_t i = 0; i < 21; ++i) saddle.z[j * 21 + i] = saddle.x[i] * saddle.y[j];
  CHECK(level_lines(saddle, 0.5).size() == 2);
  Grid flat = saddle;
  std::fill(flat.z.begin(), flat.z.end(), 3);
  CHECK(level_lines(flat, 2).empty());
  CHECK(level_lines(flat, 4).empty());
  Grid hole = cone(21);
  hole.z[10 * 21 + 15] = nan;  // on the way of the circle of radius 1
  const auto lines = level_lines(hole, 1);
  REQUIRE(!lines.empty());
  for (const Line& line : lines)
    for (const Point& p : line) CHECK(std::isfinite(p.x + p.y));
  CHECK(!(lines[0].front() == lines[0].back()));
}

TEST_CASE("regions: closed, and along the border where they reach it") {
  const Grid grid = cone(41);
  for (const Line& line : regions_above(grid, 1)) CHECK(line.front() == line.back());
  CHECK(regions_above(grid, 1).size() == 2);  // the outer border, and the circle that is left out
  const auto all = regions_above(grid, -1);
  REQUIRE(all.size() == 1);
  double area = 0;
  for (std::size_t i = 1; i < all[0].size(); ++i)
    area += (all[0][i - 1].x * all[0][i].y - all[0][i].x * all[0][i - 1].y) / 2;
  CHECK(std::abs(area) == doctest::Approx(16).epsilon(1e-12));
  CHECK(regions_above(grid, 9).empty());
}

TEST_CASE("lines: cut at a border, thinned, measured") {
  const Box box{0, 0, 10, 10};
  CHECK(clipped({{1, 1}, {9, 9}}, box) == std::vector<Line>{{{1, 1}, {9, 9}}});
  CHECK(clipped({{-5, 5}, {15, 5}}, box) == std::vector<Line>{{{0, 5}, {10, 5}}});
  CHECK(clipped({{-5, -5}, {-1, 20}}, box).empty());
  CHECK(clipped({{5, 5}, {5, 20}, {8, 20}, {8, 5}}, box).size() == 2);
  CHECK(clipped({}, box).empty());
  CHECK(length_of({{0, 0}, {3, 4}, {3, 5}}) == 6);

  Line many;
  for (int i = 0; i < 100'000; ++i) many.push_back({i / 500., i == 77'777 ? 90. : i % 2 * 10.});
  const Line few = thinned(many);
  CHECK(few.size() < 3000);
  CHECK(few.front() == many.front());
  CHECK(few.back() == many.back());
  CHECK(std::any_of(few.begin(), few.end(), [](Point p) { return p.y == 90; }));
  CHECK(std::any_of(few.begin(), few.end(), [](Point p) { return p.y == 0; }));

  const Line places = along({{{0, 0}, {10, 0}}}, 4, 1);
  REQUIRE(places.size() == 3);
  CHECK(places[2] == Point{9, 0});
}

TEST_CASE("labels: apart from each other and inside the box") {
  Labels labels;
  labels.add({5, 50}, "left");
  labels.add({195, 50}, "right");
  labels.add({100, 50}, "one");
  labels.add({104, 52}, "another");
  const Box box{0, 0, 200, 100};
  struct Span {
    double left, right, top, bottom;
  };
  std::vector<Span> spans;
  for (const Label& label : labels.placed(box)) {
    const double width = text_width(label.text, small_font);
    const double left = label.anchor == "start" ? label.at.x
                        : label.anchor == "end" ? label.at.x - width
                                                : label.at.x - width / 2;
    spans.push_back({left, left + width, label.at.y - small_font, label.at.y});
    CHECK(left >= 0);
    CHECK(left + width <= 200);
  }
  for (std::size_t i = 0; i < spans.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      CHECK((spans[i].right <= spans[j].left || spans[j].right <= spans[i].left ||
             spans[i].bottom <= spans[j].top || spans[j].bottom <= spans[i].top));
}

TEST_CASE("numbers and texts") {
  CHECK(number(12) == "12");
  CHECK(number(0.5) == "0.5");
  CHECK(number(-0.01) == "0");
  CHECK(text_width("mmmm", 10) > text_width("iiii", 10) * 2);
  CHECK(text_width("θ", 10) == text_width("n", 10));
  CHECK(wrapped("a bb ccc", 10, 1000).size() == 1);
  CHECK(wrapped("a bb ccc", 10, 1).size() == 3);
}

}  // namespace
}  // namespace reel::plot
