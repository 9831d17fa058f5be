// Charts as SVG: the caller states in data coordinates what to draw; this folder decides how it
// looks.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace reel::plot {

/// One of the two axes of a chart.
struct Axis {
  std::string label;                          ///< with the unit, if it has one
  bool logarithmic = false;                   ///< all values are positive
  std::optional<double> low = {}, high = {};  ///< by default chosen from the data
  bool whole = false;                         ///< ticks at whole numbers alone, as for epochs
};

/// How a series is drawn.
enum class Style { line, dashes, dots, line_and_dots };

/// y against x; points are joined in their order. A point that is not finite, or not positive on a
/// logarithmic axis, makes a gap.
struct Series {
  std::string name;           ///< in the legend, unless empty; equal names have equal colours
  std::vector<double> x, y;   ///< of the points; as many of each
  Style style = Style::line;  ///< of the line
  /// The ends of a band around the line, one of each for each x, drawn as a translucent area of the
  /// line's colour; empty: no band. An end below a logarithmic axis is drawn at its lower border.
  /// A place without both ends, or with a high end that is not positive there, makes a gap.
  std::vector<double> low = {}, high = {};
};

/// z over a grid, drawn with level lines and shades: z[j·x.size() + i] at (x[i], y[j]), both
/// ascending.
struct Surface {
  std::vector<double> x, y, z;  ///< the columns, the rows, and the heights
  std::size_t levels = 14;      ///< about so many level lines
  bool logarithmic = false;     ///< levels at equal ratios above the lowest z, for steep valleys
};

/// A picture of numbers: values[j·columns + i] is the pixel in column i of row j, the first row at
/// the top. 0 has no colour; the larger the size of a number, the stronger the colour of its sign.
struct Raster {
  std::size_t columns, rows;        ///< in pixels
  std::vector<double> values;       ///< columns·rows of them
  std::optional<double> full = {};  ///< the size with the full colour; by default the largest
};

/// A single point with a short text beside it.
struct Marker {
  double x, y;        ///< in data coordinates
  std::string label;  ///< the text
};

/// A pair of axes and all that is drawn between them.
struct Chart {
  std::string title;                    ///< above the chart
  Axis x = {}, y = {};                  ///< horizontal and vertical
  std::vector<Series> series = {};      ///< in the order of drawing
  std::optional<Surface> surface = {};  ///< below the series
  std::optional<Raster> raster = {};    ///< stands alone, without axes
  std::vector<Marker> markers = {};     ///< above the series
  bool equal_scale = false;             ///< one unit has the same length on both axes
};

/// Charts side by side, in rows of `columns`, under one title and with one legend.
struct Picture {
  std::string title;          ///< above all charts
  std::vector<Chart> charts;  ///< from left to right, then in the next row
  std::size_t columns = 2;    ///< charts in a row
};

/// A complete SVG file, readable in print and on light and dark screens, with colours that
/// colour-blind readers can tell apart. The same picture gives the same text. Throws Error (usage)
/// if the x, y and band of a series differ in length, or if the grid of a surface or the values of
/// a raster do not fit.
std::string svg(const Picture& picture);
/// The same, but each chart is a file of its own, for a page that arranges them. Equal names have
/// equal colours in all of them.
std::vector<std::string> svgs(const Picture& picture);

/// z(x, y) on a grid of `columns` × `rows` points over a rectangle.
template <class F>
Surface surface_of(F&& z, double x_low, double x_high, double y_low, double y_high,
                   std::size_t columns = 121, std::size_t rows = 121) {
  Surface surface;
  const auto at = [](double low, double high, std::size_t i, std::size_t n) {
    return low + (high - low) * static_cast<double>(i) / static_cast<double>(n - 1);
  };
  for (std::size_t i = 0; i < columns; ++i) surface.x.push_back(at(x_low, x_high, i, columns));
  for (std::size_t j = 0; j < rows; ++j) surface.y.push_back(at(y_low, y_high, j, rows));
  for (const double y : surface.y)
    for (const double x : surface.x) surface.z.push_back(z(x, y));
  return surface;
}

}  // namespace reel::plot
