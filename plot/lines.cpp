// Clipping (Liang and Barsky 1984), thinning and marks.
#include "lines.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

namespace reel::plot {
namespace {

constexpr std::size_t most_points = 2000;  // every SVG viewer draws this many points at once

constexpr double far_away = 1e12;  // beyond it, coordinates are not exact to a fraction of a pixel

double size_of(Point p) { return std::max(std::abs(p.x), std::abs(p.y)); }

// The part of a → b inside the box; empty if there is none, or if both ends are too far away to
// tell.
std::optional<std::pair<Point, Point>> inside(Point a, Point b, const Box& box) {
  if (size_of(a) > size_of(b)) {  // start from the nearer end: a + t·(b − a) is as exact as a
    const auto backwards = inside(b, a, box);
    if (!backwards) return {};
    return std::pair(backwards->second, backwards->first);
  }
  if (size_of(a) > far_away) return {};
  double from = 0, to = 1;
  const auto cut = [&](double start, double change, double low, double high) {
    if (change == 0) {
      if (start < low || start > high) to = -1;
      return;
    }
    const double t = (low - start) / change, u = (high - start) / change;
    from = std::max(from, std::min(t, u));
    to = std::min(to, std::max(t, u));
  };
  cut(a.x, b.x - a.x, box.left, box.right());
  cut(a.y, b.y - a.y, box.top, box.bottom());
  if (from > to) return {};
  const auto at = [&](double t) {
    return t == 0 ? a : t == 1 ? b : Point{a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)};
  };
  return std::pair(at(from), at(to));
}

}  // namespace

std::vector<Line> clipped(const Line& line, const Box& box) {
  std::vector<Line> parts;
  bool joined = false;  // whether the last part continues
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    const auto part = inside(line[i], line[i + 1], box);
    if (part && !joined) parts.push_back({part->first});
    if (part) parts.back().push_back(part->second);
    joined = part && part->second == line[i + 1];
  }
  if (line.size() == 1 && box.contains(line[0])) parts.push_back(line);
  return parts;
}

Line thinned(Line line) {
  if (line.size() <= most_points) return line;
  const bool onwards =
      std::is_sorted(line.begin(), line.end(), [](Point a, Point b) { return a.x < b.x; });
  Line kept;
  if (!onwards) {
    for (const Point p : line)
      if (kept.empty() || std::hypot(p.x - kept.back().x, p.y - kept.back().y) >= 0.5)
        kept.push_back(p);
    if (kept.back() != line.back()) kept.push_back(line.back());
    return kept;
  }
  for (std::size_t first = 0, next; first < line.size(); first = next) {
    const double column = std::floor(2 * line[first].x);
    next = first;
    while (next < line.size() && std::floor(2 * line[next].x) == column) ++next;
    const auto from = line.begin() + static_cast<std::ptrdiff_t>(first),
               to = line.begin() + static_cast<std::ptrdiff_t>(next);
    const auto [low, high] =
        std::minmax_element(from, to, [](Point a, Point b) { return a.y < b.y; });
    std::array chosen{from, low, high, to - 1};
    std::sort(chosen.begin(), chosen.end());
    for (std::size_t k = 0; k < chosen.size(); ++k)
      if (k == 0 || chosen[k] != chosen[k - 1]) kept.push_back(*chosen[k]);
  }
  return kept;
}

double length_of(const Line& line) {
  double length = 0;
  for (std::size_t i = 1; i < line.size(); ++i)
    length += std::hypot(line[i].x - line[i - 1].x, line[i].y - line[i - 1].y);
  return length;
}

Line along(const std::vector<Line>& lines, double spacing, double offset) {
  Line points;
  double next = offset;  // distance to the next mark
  for (const Line& line : lines)
    for (std::size_t i = 1; i < line.size(); ++i) {
      const Point a = line[i - 1], b = line[i];
      const double length = std::hypot(b.x - a.x, b.y - a.y);
      for (; next <= length && length > 0; next += spacing)
        points.push_back({a.x + next / length * (b.x - a.x), a.y + next / length * (b.y - a.y)});
      next -= length;
    }
  return points;
}

std::string mark(std::size_t shape, Point at, double radius) {
  static const std::array<Line, mark_shapes> outlines{
      Line{},                                                         // a circle
      Line{{-0.9, -0.9}, {0.9, -0.9}, {0.9, 0.9}, {-0.9, 0.9}},       // a square
      Line{{0, -1.25}, {1.15, 0.8}, {-1.15, 0.8}},                    // a triangle
      Line{{0, -1.35}, {1.35, 0}, {0, 1.35}, {-1.35, 0}},             // a diamond
      Line{{0, 1.25}, {1.15, -0.8}, {-1.15, -0.8}},                   // an inverted triangle
      Line{{-1.3, -0.55}, {1.3, -0.55}, {1.3, 0.55}, {-1.3, 0.55}}};  // a bar
  const Line& outline = outlines[shape % mark_shapes];
  if (outline.empty()) {
    const std::string r = number(radius), across = number(2 * radius);
    return 'M' + number(at.x - radius) + ' ' + number(at.y) + 'a' + r + ' ' + r + " 0 1 0 " +
           across + " 0a" + r + ' ' + r + " 0 1 0 -" + across + " 0Z";
  }
  Line line;
  for (const Point p : outline) line.push_back({at.x + radius * p.x, at.y + radius * p.y});
  line.push_back(line.front());
  return path_through(line);
}

}  // namespace reel::plot
