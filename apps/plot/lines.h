// Lines on the page: cut at the plot's border, thinned where it cannot be seen, marked.
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

/// The parts of a line that lie inside. A piece whose ends are both beyond all measure is left out.
std::vector<Line> clipped(const Line& line, const Box& box);

/// The same picture with fewer points, if there are thousands: of each half pixel across, the
/// first, last, lowest and highest; of a line that turns back, no two within half a pixel.
Line thinned(Line line);

/// Points along lines, `spacing` apart, the first one `offset` from the start.
Line along(const std::vector<Line>& lines, double spacing, double offset);

double length_of(const Line& line);

/// The outline of a mark, one of `mark_shapes` by number, of about that radius.
constexpr std::size_t mark_shapes = 6;
std::string mark(std::size_t shape, Point at, double radius);

}  // namespace reel::plot
