// Draws pictures and reads what is in them, for the tests of plot/.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <reel/plot/plot.h>
#include <reel/plot/svg.h>

#include "xml.h"

namespace reel::plot {

using xml::all;
using xml::Element;

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double inf = std::numeric_limits<double>::infinity();

inline Element drawn(const Picture& picture) { return xml::Reader(svg(picture)).document(); }
inline Element drawn(const Chart& chart) { return drawn(Picture{"title", {chart}}); }
inline Chart chart_of(std::vector<double> x, std::vector<double> y, Style style = Style::line) {
  return {"chart", {"x"}, {"y"}, {{"", std::move(x), std::move(y), style}}};
}

// The points of each line in a path; not for marks, whose circles are arcs.
inline std::vector<Line> lines_of(const std::string& d) {
  std::vector<Line> lines;
  for (std::size_t from = 0; from < d.size();) {
    const std::size_t to = std::min(d.find('M', from + 1), d.size());
    std::string numbers = d.substr(from, to - from);
    const bool closed = numbers.ends_with('Z');
    std::replace_if(
        numbers.begin(), numbers.end(), [](char c) { return c == 'M' || c == 'L' || c == 'Z'; },
        ' ');
    std::istringstream in(numbers);
    Line line;
    for (Point p; in >> p.x >> p.y;) line.push_back(p);
    if (closed) line.push_back(line.front());
    lines.push_back(line);
    from = to;
  }
  return lines;
}
inline std::vector<Line> lines_of(const Element& root) {
  std::vector<Line> lines;
  for (const Element& path : all(root, "path", "line"))
    for (const Line& line : lines_of(path.attribute("d"))) lines.push_back(line);
  return lines;
}

inline std::size_t marks_of(const Element& root) {
  std::size_t marks = 0;
  for (const Element& path : all(root, "path", "mark ")) {
    const std::string d = path.attribute("d");
    marks += static_cast<std::size_t>(std::count(d.begin(), d.end(), 'M'));
  }
  return marks;
}

inline std::vector<std::string> texts(const Element& root, const std::string& style) {
  std::vector<std::string> found;
  for (const Element& text : all(root, "text", style)) found.push_back(text.text);
  return found;
}

// Every number in every position attribute must be finite and near the page.
inline void check_places(const Element& element, double width, double height) {
  for (const auto& attribute : element.attributes) {
    const std::string &key = attribute.first, &value = attribute.second;
    if (key == "class" || key == "xmlns" || key == "role" || key == "aria-label") continue;
    CAPTURE(element.name);
    CAPTURE(key);
    CHECK(value.find("nan") == std::string::npos);
    CHECK(value.find("inf") == std::string::npos);
    std::string numbers = value;
    std::replace_if(
        numbers.begin(), numbers.end(),
        [](char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '(' || c == ')'; },
        ' ');
    std::istringstream in(numbers);
    for (double number; in >> number;) CHECK(std::abs(number) <= 1 + std::max(width, height));
  }
  for (const Element& child : element.children) check_places(child, width, height);
}
inline void check_places(const Element& root) {
  const double width = std::stod(root.attribute("width")),
               height = std::stod(root.attribute("height"));
  CHECK(width > 100);
  CHECK(height > 30);
  check_places(root, width, height);
}

}  // namespace reel::plot
