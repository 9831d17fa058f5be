// Draws a picture of numbers.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include <reel/autodiff/core/error.h>

#include "parts.h"

namespace reel::plot {
namespace {

// The size of a pixel's number that has the full colour.
double full_colour(const Raster& raster) {
  if (raster.full) return *raster.full;
  double largest = 0;
  for (const double value : raster.values)
    if (has_place(value, false)) largest = std::max(largest, std::abs(value));
  return largest > 0 ? largest : 1;
}

}  // namespace

std::string note_of(const Raster& raster) {
  return concat("full colour at ±", short_number(full_colour(raster)));
}

// One path for each of 32 strengths of the two colours, so that a pixel takes few characters.
void draw_raster(Svg& out, const Frame& frame, const Raster& raster) {
  constexpr int strengths = 32;
  const double full = full_colour(raster);
  std::map<int, std::string> pixels;
  for (std::size_t i = 0; i < raster.values.size(); ++i) {
    const double share = std::clamp(raster.values[i] / full, -1.0, 1.0);
    if (std::isnan(share)) continue;
    const int strength = static_cast<int>(std::lround(strengths * share));
    if (strength == 0) continue;
    const auto column = static_cast<double>(i % raster.columns),
               row = static_cast<double>(raster.rows - i / raster.columns);
    const Point a = frame.at(column, row), b = frame.at(column + 1, row - 1);
    pixels[strength] += path_through({a, {b.x, a.y}, b, {a.x, b.y}, a});
  }
  for (const auto& [strength, d] : pixels)
    out.element("path", attribute("class", strength < 0 ? "pixels c0" : "pixels c1") +
                            attribute("fill-opacity",
                                      short_number(std::abs(strength) / double(strengths))) +
                            attribute("d", d));
}

}  // namespace reel::plot
