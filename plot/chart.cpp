// Draws one chart: its parts from the bottom to the top.
#include "chart.h"

#include "frame.h"
#include "labels.h"
#include "parts.h"

namespace reel::plot {
namespace {

// All that lies between the axes, cut off at the border.
void draw_data(Svg& out, const Frame& frame, const Legend& legend, Labels& labels) {
  const Chart& chart = frame.chart;
  const Box& area = frame.area;
  out.open("svg", attribute("x", area.left) + attribute("y", area.top) +
                      attribute("width", area.width) + attribute("height", area.height) +
                      attribute("viewBox", number(area.left) + ' ' + number(area.top) + ' ' +
                                               number(area.width) + ' ' + number(area.height)));
  if (chart.surface) draw_surface(out, frame, *chart.surface);
  if (chart.raster) draw_raster(out, frame, *chart.raster);
  for (const Series& series : chart.series) draw_band(out, frame, legend, series);
  for (const Series& series : chart.series) draw_series(out, frame, legend, series, labels);
  out.close("svg");
}

void draw_markers(Svg& out, const Frame& frame, Labels& labels) {
  for (const Marker& marker : frame.chart.markers) {
    const Point at = frame.at(marker.x, marker.y);  // NaN is in no box
    if (!frame.around(1).contains(at)) continue;
    out.path("marker", mark(0, at, 4.5));
    labels.add(at, marker.label);
  }
  for (const Label& label : labels.placed(frame.area, frame.cell))
    out.text("marker-label " + label.anchor, label.at, label.text);
}

}  // namespace

void draw(Svg& out, const Chart& chart, const Box& cell, const Legend& legend) {
  const std::string note = chart.raster    ? note_of(*chart.raster)
                           : chart.surface ? note_of(*chart.surface)
                                           : "";
  const Frame frame = frame_of(chart, cell, note);
  Labels labels;
  draw_axes(out, frame);
  draw_data(out, frame, legend, labels);
  draw_border(out, frame);
  draw_markers(out, frame, labels);
}

}  // namespace reel::plot
