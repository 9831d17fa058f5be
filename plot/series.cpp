// Draws the line of a series and its marks.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "parts.h"

namespace reel::plot {
namespace {

// The runs of points that have a place on both axes, in page coordinates.
std::vector<Line> runs(const Frame& frame, const Series& series) {
  std::vector<Line> found;
  bool gap = true;
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (!has_place(series.x[i], frame.chart.x.logarithmic) ||
        !has_place(series.y[i], frame.chart.y.logarithmic)) {
      gap = true;
      continue;
    }
    if (gap) found.emplace_back();
    gap = false;
    found.back().push_back(frame.at(series.x[i], series.y[i]));
  }
  return found;
}

// The marks by which a reader without colours tells a line from others. Each entry of the legend
// begins them at another place.
Line marks_along(const std::vector<Line>& lines, std::size_t entry) {
  double length = 0;
  for (const Line& line : lines) length += length_of(line);
  const double spacing = std::max(110.0, length / 6);
  return along(lines, spacing, spacing * std::fmod(0.18 + 0.31 * static_cast<double>(entry), 1.0));
}

// `alone`: without a line.
void draw_marks(Svg& out, const Line& points, std::optional<std::size_t> entry, bool alone) {
  const bool many = points.size() > 300;
  const double radius = many ? 1.4 : alone ? 3.6 : 3.2;
  const double apart = alone ? 0.5 : 2 * radius;  // so that the marks of a line do not pile up
  std::set<std::pair<long, long>> taken;
  std::string d;
  Point last{-1e9, -1e9};
  for (const Point p : points) {
    if (alone && !taken.insert({std::lround(2 * p.x), std::lround(2 * p.y)}).second) continue;
    if (!alone && std::hypot(p.x - last.x, p.y - last.y) < apart) continue;
    last = p;
    d += mark(many ? 0 : entry.value_or(0), p, radius);
  }
  out.path((many ? "speck " : "mark ") + colour_class(entry), d);
}

}  // namespace

void draw_series(Svg& out, const Frame& frame, const Legend& legend, const Series& series,
                 Labels& labels) {
  const std::optional<std::size_t> entry = legend.index(series.name);
  const bool alone = series.style == Style::dots;
  const bool dotted = alone || series.style == Style::line_and_dots;
  const Box roomy = frame.around(8);
  std::vector<Line> lines;
  Line dots;  // the marks at data points
  for (const Line& run : runs(frame, series)) {
    if (dotted || run.size() == 1)
      std::copy_if(run.begin(), run.end(), std::back_inserter(dots),
                   [&](Point p) { return roomy.contains(p); });
    if (alone) continue;
    for (Line& part : clipped(thinned(run), roomy)) lines.push_back(std::move(part));
  }
  std::string d;
  for (const Line& line : lines)
    if (line.size() > 1) d += path_through(line);
  out.path(line_class(series.style, entry), d);
  for (const Line& line : lines) labels.avoid(line);
  labels.avoid_points(dots);
  if (entry && legend.needs_marks(*entry)) {
    const Line places = marks_along(lines, *entry);
    dots.insert(dots.end(), places.begin(), places.end());
  }
  draw_marks(out, dots, entry, alone);
}

}  // namespace reel::plot
