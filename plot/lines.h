// Lines on the page: clipped at the plot's border, thinned without a visible change, marked.
#pragma once

#include <cstddef>
#include <string>

#include "svg.h"

namespace reel::plot {

struct Box {
  double left, top, width, height;

  double right() const { return left + width; }
  double bottom() const { return top + height; }
  bool contains(Point p) const {
    return p.x >= left && p.x <= right() && p.y >= top && p.y <= bottom();
  }
};

/// The parts of a line inside the box. A segment with both ends too far away is left out.
std::vector<Line> clipped(const Line& line, const Box& box);

/// The same picture with fewer points, if there are thousands. Of all points in half a pixel of x,
/// it keeps the first, last, lowest and highest. If a line turns back, it keeps no two points
/// within half a pixel.
Line thinned(Line line);

/// Points along lines, at distances of `spacing`, the first at `offset` from the start.
Line along(const std::vector<Line>& lines, double spacing, double offset);

double length_of(const Line& line);

/// The outline of a mark, chosen by number among `mark_shapes`, with about this radius.
constexpr std::size_t mark_shapes = 6;
std::string mark(std::size_t shape, Point at, double radius);

}  // namespace reel::plot
