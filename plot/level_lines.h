// Level lines of a surface over a grid, by marching squares.
#pragma once

#include <vector>

#include "svg.h"

namespace reel::plot {

/// A grid of heights: z[j·x.size() + i] at (x[i], y[j]); at least 2 × 2.
struct Grid {
  std::vector<double> x, y, z;
};

/// The lines along which the surface, linear along the grid's edges, has this height; a closed line
/// ends where it began. A cell with a NaN corner has no line.
std::vector<Line> level_lines(const Grid& grid, double level);

/// The borders of the regions at or above this height: closed lines, which follow the grid's border
/// where a region reaches it. Fill them by the even-odd rule. NaN counts as below.
std::vector<Line> regions_above(const Grid& grid, double level);

}  // namespace reel::plot
