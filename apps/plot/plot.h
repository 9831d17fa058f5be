// Charts as SVG: what to draw is stated in data coordinates, how it looks is decided in one place.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace reel::plot {

struct Axis {
  std::string label;  ///< with the unit, if it has one
  bool logarithmic = false;
  std::optional<double> low = {}, high = {};  ///< by default what the data need
};

enum class Style { line, dashes, dots, line_and_dots };

/// y against x, joined in their order. A point that is not finite, or not positive on a logarithmic
/// axis, is a gap.
struct Series {
  std::string name;  ///< in the legend; empty: not there. Equal names share a colour in a picture
  std::vector<double> x, y;
  Style style = Style::line;
};

/// z over a grid, drawn by level lines on shades: z[j·x.size() + i] at (x[i], y[j]), both
/// ascending.
struct Surface {
  std::vector<double> x, y, z;
  std::size_t levels = 14;
  bool logarithmic = false;  ///< levels of equal ratio above the lowest z, for steep valleys
};

/// A point of its own, with a few words beside it.
struct Marker {
  double x, y;
  std::string label;
};

struct Chart {
  std::string title;
  Axis x = {}, y = {};
  std::vector<Series> series = {};
  std::optional<Surface> surface = {};
  std::vector<Marker> markers = {};
  bool equal_scale = false;  ///< one unit is as long on both axes
};

/// Charts beside each other, wrapped into rows of `columns`, under one title and over one legend.
struct Picture {
  std::string title;
  std::vector<Chart> charts;
  std::size_t columns = 2;
};

/// A whole SVG file: readable in print and on light and dark screens, its colours apart for
/// colour-blind readers. The same picture gives the same text. Throws Error for series whose x and
/// y differ in length, and for a surface whose grid does not fit.
std::string svg(const Picture& picture);

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
