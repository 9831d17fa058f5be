// Frame: where the data of a chart lie on the page, and the axes and titles around them.
#pragma once

#include <string>
#include <vector>

#include "lines.h"
#include "scale.h"

namespace reel::plot {

/// The layout of one chart.
struct Frame {
  const Chart& chart;
  Box cell, area;          ///< all of the chart; what its axes enclose
  Range x_range, y_range;  ///< the ends of the axes
  Scale x, y;              ///< from data to the page
  std::vector<Tick> x_ticks = {}, y_ticks = {};
  double tick_width = 0;                 ///< of the widest label on the vertical axis
  std::vector<std::string> titles = {};  ///< the title's lines
  std::string note = {};                 ///< below the title, unless empty

  /// The place of a point on the page; NaN where a number has none on its axis.
  Point at(double x_value, double y_value) const { return {x(x_value), y(y_value)}; }
  /// The area with a border of this width.
  Box around(double border) const {
    return {area.left - border, area.top - border, area.width + 2 * border,
            area.height + 2 * border};
  }
};

/// Lays out the chart in a cell of the page. Throws Error if an axis has no range; see range_of.
Frame frame_of(const Chart& chart, const Box& cell, const std::string& note);

/// What is below the data: the titles, the grid, and the labels of the ticks and axes.
void draw_axes(Svg& out, const Frame& frame);
/// What is above the data: the border and its ticks.
void draw_border(Svg& out, const Frame& frame);

}  // namespace reel::plot
