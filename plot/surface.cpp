// Draws a surface: its level lines, and shades between them.
#include <algorithm>
#include <cmath>

#include <reel/autodiff/core/error.h>

#include "level_lines.h"
#include "parts.h"

namespace reel::plot {
namespace {

struct Levels {
  std::vector<double> values = {};
  double lowest = 0;  // height
};

Levels levels_of(const Surface& surface) {
  double low = 1e300, high = -1e300;
  for (const double z : surface.z)
    if (has_place(z, false)) {
      low = std::min(low, z);
      high = std::max(high, z);
    }
  if (!(low < high) || surface.levels == 0) return {};
  Levels levels{{}, low};
  const auto n = static_cast<double>(surface.levels);
  double least = high - low;  // of a value above the lowest
  for (const double z : surface.z)
    if (z > low) least = std::min(least, z - low);
  least = std::max(least, 3e-4 * (high - low));
  const double ratio = std::pow((high - low) / least, 1 / n);
  for (std::size_t k = 0; k < surface.levels; ++k) {
    const auto i = static_cast<double>(k);
    levels.values.push_back(surface.logarithmic ? low + least * std::pow(ratio, i)
                                                : low + (high - low) * (i + 1) / (n + 1));
  }
  return levels;
}

// Level lines have a point at each line of the grid; a resolution of half a pixel is enough.
Line coarser(const Line& line) {
  Line kept{line.front()};
  for (std::size_t i = 1; i + 1 < line.size(); ++i)
    if (std::hypot(line[i].x - kept.back().x, line[i].y - kept.back().y) >= 0.7)
      kept.push_back(line[i]);
  kept.push_back(line.back());
  return kept;
}

std::string path_through(const std::vector<Line>& lines) {
  std::string d;
  for (const Line& line : lines) d += path_through(coarser(line));
  return d;
}

}  // namespace

std::string note_of(const Surface& surface) {
  const std::vector<double> levels = levels_of(surface).values;
  if (levels.empty()) return "";
  return concat(levels.size(), " level lines from ", short_number(levels.front()), " to ",
                short_number(levels.back()), surface.logarithmic ? ", by equal ratios" : "");
}

void draw_surface(Svg& out, const Frame& frame, const Surface& surface) {
  Grid grid{{}, {}, surface.z};
  for (const double x : surface.x) grid.x.push_back(frame.x(x));
  for (const double y : surface.y) grid.y.push_back(frame.y(y));
  const Levels found = levels_of(surface);
  std::vector<double> levels = found.values;
  if (surface.logarithmic) {  // the root of a steep valley is closer to linear between grid points
    const auto root = [&](double z) { return std::sqrt(std::max(0.0, z - found.lowest)); };
    for (double& z : grid.z) z = std::isnan(z) ? z : root(z);
    for (double& level : levels) level = root(level);
  }
  // Shades overlap: the higher the region, the more shades lie on it.
  const double opacity = 1 - std::pow(0.5, 1 / static_cast<double>(levels.size()));
  for (const double level : levels) {
    const std::string d = path_through(regions_above(grid, level));
    if (!d.empty())
      out.element("path", attribute("class", "shade") +
                              attribute("fill-opacity", short_number(opacity)) + attribute("d", d));
  }
  std::string d;
  for (const double level : levels) d += path_through(level_lines(grid, level));
  out.path("level", d);
}

}  // namespace reel::plot
