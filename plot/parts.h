// The parts of a chart between its axes, each drawn by the source that has its name.
#pragma once

#include <string>

#include "chart.h"
#include "frame.h"
#include "labels.h"

namespace reel::plot {

/// What the levels or colours of a surface or raster mean; empty if a surface has none.
std::string note_of(const Surface& surface);
std::string note_of(const Raster& raster);

void draw_surface(Svg& out, const Frame& frame, const Surface& surface);
void draw_raster(Svg& out, const Frame& frame, const Raster& raster);
/// The area between the two ends of a band, in pieces where a point has no place;
/// at a place alone, a narrow bar.
void draw_band(Svg& out, const Frame& frame, const Legend& legend, const Series& series);
/// The line and the marks of a series, which labels should not cover.
void draw_series(Svg& out, const Frame& frame, const Legend& legend, const Series& series,
                 Labels& labels);

}  // namespace reel::plot
