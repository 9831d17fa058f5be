// Draws a band around a line.
#include <algorithm>

#include "parts.h"

namespace reel::plot {

void draw_band(Svg& out, const Frame& frame, const Legend& legend, const Series& series) {
  const Axis &x = frame.chart.x, &y = frame.chart.y;
  const auto height = [&](double value) {  // on the page; the low end may have no logarithm
    const bool below = y.logarithmic && value <= frame.y_range.low;
    return below ? frame.area.bottom() : std::clamp(frame.y(value), -1e6, 1e6);
  };
  Line upper, lower;
  std::string d;
  const auto finish = [&] {
    upper.insert(upper.end(), lower.rbegin(), lower.rend());
    if (upper.size() > 2) upper.push_back(upper.front());
    d += path_through(upper);
    upper.clear();
    lower.clear();
  };
  for (std::size_t i = 0; i < series.low.size(); ++i) {
    const double low = series.low[i], high = series.high[i];
    if (!has_place(series.x[i], x.logarithmic) || !has_place(low, false) ||
        !has_place(high, y.logarithmic)) {
      finish();
      continue;
    }
    upper.push_back({frame.x(series.x[i]), height(high)});
    lower.push_back({frame.x(series.x[i]), height(low)});
  }
  finish();
  out.path("band " + colour_class(legend.index(series.name)), d);
}

}  // namespace reel::plot
