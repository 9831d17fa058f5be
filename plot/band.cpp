// Draws a band around a line.
#include <algorithm>

#include "parts.h"

namespace reel::plot {
namespace {

// An end of a band at a place alone: as wide as can be seen behind the mark there.
Line bar(Point p) { return {{p.x - 5, p.y}, {p.x + 5, p.y}}; }

}  // namespace

bool has_band(const Chart& chart, const Series& series, std::size_t i) {
  return i < series.low.size() && has_place(series.x[i], chart.x.logarithmic) &&
         has_place(series.low[i], false) && has_place(series.high[i], chart.y.logarithmic);
}

void draw_band(Svg& out, const Frame& frame, const Legend& legend, const Series& series) {
  // On the page. Far outside of the axes it is cut off, and a low end may have no logarithm.
  const auto at = [&](double x, double y) {
    const bool below = frame.chart.y.logarithmic && y <= frame.y_range.low;
    return Point{std::clamp(frame.x(x), -1e6, 1e6),
                 below ? frame.area.bottom() : std::clamp(frame.y(y), -1e6, 1e6)};
  };
  Line upper, lower;
  std::string d;
  const auto finish = [&] {
    if (upper.size() == 1) {
      upper = bar(upper[0]);
      lower = bar(lower[0]);
    }
    upper.insert(upper.end(), lower.rbegin(), lower.rend());
    if (upper.size() > 2) upper.push_back(upper.front());
    d += path_through(upper);
    upper.clear();
    lower.clear();
  };
  for (std::size_t i = 0; i < series.low.size(); ++i)
    if (has_band(frame.chart, series, i)) {
      upper.push_back(at(series.x[i], series.high[i]));
      lower.push_back(at(series.x[i], series.low[i]));
    } else {
      finish();
    }
  finish();
  out.path("band " + colour_class(legend.index(series.name)), d);
}

}  // namespace reel::plot
