// Lays out a chart and draws its axes and titles.
#include "frame.h"

#include <algorithm>
#include <cmath>

#include "chart.h"

namespace reel::plot {
namespace {

// The numbers that an axis must reach.
std::vector<double> data_of(const Chart& chart, bool of_x) {
  if (chart.surface) return of_x ? chart.surface->x : chart.surface->y;
  if (chart.raster)
    return {0, static_cast<double>(of_x ? chart.raster->columns : chart.raster->rows)};
  std::vector<double> data;
  for (const Series& series : chart.series)
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      const auto add = [&](double y) {
        if (has_place(series.x[i], chart.x.logarithmic) && has_place(y, chart.y.logarithmic))
          data.push_back(of_x ? series.x[i] : y);
      };
      add(series.y[i]);
      if (!has_band(chart, series, i)) continue;
      add(series.low[i]);
      add(series.high[i]);
    }
  for (const Marker& marker : chart.markers) data.push_back(of_x ? marker.x : marker.y);
  return data;
}

// With equal scales, a range without given ends grows to the shape of the page, so that no space
// stays empty.
void widen(Range& range, const Axis& axis, double span) {
  const double space = (span - (range.high - range.low)) / 2;
  if (space <= 0 || axis.low || axis.high) return;
  range.low -= space;
  range.high += space;
}

double span_of(const Range& range) { return range.high - range.low; }

// The largest box of the ranges' shape in the middle of another.
Box with_equal_scale(const Box& box, const Range& x, const Range& y) {
  const double unit = std::min(box.width / span_of(x), box.height / span_of(y));
  const double width = std::max(40.0, unit * span_of(x)),
               height = std::max(40.0, unit * span_of(y));
  return {box.left + (box.width - width) / 2, box.top + (box.height - height) / 2, width, height};
}

double widest_label(const std::vector<Tick>& ticks) {
  double width = 0;
  for (const Tick& tick : ticks)
    width = std::max(
        width, text_width(tick.label, small_font) + text_width(tick.power, 0.75 * small_font));
  return width;
}

void draw_titles(Svg& out, const Frame& frame) {
  double widest = 0;
  for (const std::string& line : frame.titles)
    widest = std::max(widest, text_width(line, chart_title_font));
  const double left = frame.cell.left + widest / 2;
  const double middle = std::clamp(frame.area.left + frame.area.width / 2, left,
                                   std::max(left, frame.cell.left + frame.cell.width - widest / 2));
  double y = frame.cell.top + 16;
  for (const std::string& line : frame.titles) {
    out.text("chart-title", {middle, y}, line);
    y += 20;
  }
  if (!frame.note.empty()) out.text("note", {middle, y - 2}, frame.note);
}

// Ticks without a label are shorter.
double length_of(const Tick& tick) { return tick.label.empty() ? 3 : 5; }

}  // namespace

Frame frame_of(const Chart& chart, const Box& cell, const std::string& note) {
  const bool tight = chart.surface || chart.raster;
  Range x = range_of(chart.x, data_of(chart, true), tight);
  Range y = range_of(chart.y, data_of(chart, false), tight);
  std::vector<std::string> titles = wrapped(chart.title, chart_title_font, cell.width - 10);
  double top = cell.top + 20 * static_cast<double>(titles.size()) + 8;
  if (!note.empty()) top += 16;
  const double bottom = cell.top + cell.height - (chart.x.label.empty() ? 26 : 46);
  const double height = bottom - top;
  if (chart.equal_scale && !chart.surface) {
    const double ratio = (cell.width - 80) / height;
    const double x_span = span_of(x), y_span = span_of(y);
    widen(x, chart.x, ratio * y_span);
    widen(y, chart.y, x_span / ratio);
  }
  const auto ticks = [&](const Range& range, const Axis& axis, double most) {
    return chart.raster ? std::vector<Tick>{}
                        : ticks_of(range, axis, static_cast<std::size_t>(most));
  };
  std::vector<Tick> y_ticks = ticks(y, chart.y, std::max(3.0, height / 40));
  const double tick_width = widest_label(y_ticks);
  const double left = cell.left + tick_width + 12 + (chart.y.label.empty() ? 0 : 24);
  Box area{left, top, cell.left + cell.width - 14 - left, height};
  if (chart.equal_scale || chart.raster) area = with_equal_scale(area, x, y);
  return {chart,
          cell,
          area,
          x,
          y,
          Scale(x, chart.x.logarithmic, area.left, area.right()),
          Scale(y, chart.y.logarithmic, area.bottom(), area.top),
          ticks(x, chart.x, std::max(2.0, area.width / 65)),
          std::move(y_ticks),
          tick_width,
          std::move(titles),
          note};
}

void draw_axes(Svg& out, const Frame& frame) {
  draw_titles(out, frame);
  const Chart& chart = frame.chart;
  const Box& area = frame.area;
  std::string grid;
  for (const Tick& tick : frame.x_ticks) {
    if (tick.label.empty()) continue;
    const double x = frame.x(tick.value);
    grid += path_through({{x, area.top}, {x, area.bottom()}});
    out.text("tick middle", {x, area.bottom() + 17}, tick.label, tick.power);
  }
  for (const Tick& tick : frame.y_ticks) {
    if (tick.label.empty()) continue;
    const double y = frame.y(tick.value);
    grid += path_through({{area.left, y}, {area.right(), y}});
    out.text("tick end", {area.left - 8, y + 4}, tick.label, tick.power);
  }
  if (!chart.surface) out.path("grid", grid);
  out.text("label middle", {area.left + area.width / 2, area.bottom() + 37}, chart.x.label);
  if (chart.y.label.empty()) return;
  const Point at{area.left - frame.tick_width - 18, area.top + area.height / 2};
  out.text("label middle", at, chart.y.label, "",
           "rotate(-90 " + number(at.x) + ' ' + number(at.y) + ')');
}

void draw_border(Svg& out, const Frame& frame) {
  const Box& area = frame.area;
  std::string ticks;
  for (const Tick& tick : frame.x_ticks) {
    const double x = frame.x(tick.value);
    ticks += path_through({{x, area.bottom()}, {x, area.bottom() + length_of(tick)}});
  }
  for (const Tick& tick : frame.y_ticks) {
    const double y = frame.y(tick.value);
    ticks += path_through({{area.left - length_of(tick), y}, {area.left, y}});
  }
  out.element("rect", attribute("class", "frame") + attribute("x", area.left) +
                          attribute("y", area.top) + attribute("width", area.width) +
                          attribute("height", area.height));
  out.path("ticks", ticks);
}

}  // namespace reel::plot
