// Level lines of a surface over a grid, by marching squares.
#pragma once

#include <vector>

#include "svg.h"

namespace reel::plot {

/// A grid of heights: z[j·x.size() + i] at (x[i], y[j]); at least 2 × 2.
struct Grid {
  std::vector<double> x, y, z;
};

/// Where the surface, linear along the grid's edges, has that height; closed lines end where they
/// began. A cell with a corner that is NaN has none.
std::vector<Line> level_lines(const Grid& grid, double level);

/// The borders of the regions at that height or above: closed lines, along the grid's border where
/// a region reaches it. To be filled by the even-odd rule. NaN is below.
std::vector<Line> regions_above(const Grid& grid, double level);

}  // namespace reel::plot
