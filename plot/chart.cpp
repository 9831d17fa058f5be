// Draws one chart.
#include "chart.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>

#include <reel/autodiff/core/error.h>

#include "labels.h"
#include "level_lines.h"
#include "scale.h"

namespace reel::plot {
namespace {

std::vector<double> data_of(const Chart& chart, bool of_x) {
  if (chart.surface) return of_x ? chart.surface->x : chart.surface->y;
  if (chart.raster)
    return {0, static_cast<double>(of_x ? chart.raster->columns : chart.raster->rows)};
  std::vector<double> data;
  for (const Series& series : chart.series)
    for (std::size_t i = 0; i < series.x.size(); ++i)
      if (has_place(series.x[i], chart.x.logarithmic) &&
          has_place(series.y[i], chart.y.logarithmic))
        data.push_back(of_x ? series.x[i] : series.y[i]);
  if (!of_x)
    for (const Series& series : chart.series)
      for (const auto* end : {&series.low, &series.high})
        std::copy_if(end->begin(), end->end(), std::back_inserter(data),
                     [&](double value) { return has_place(value, chart.y.logarithmic); });
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

struct Levels {
  std::vector<double> values = {};
  double lowest = 0;      // height
  std::string text = {};  // for the description: the range of heights
};

Levels levels_of(const Surface& surface) {
  double low = 1e300, high = -1e300;
  for (const double z : surface.z)
    if (has_place(z, false)) {
      low = std::min(low, z);
      high = std::max(high, z);
    }
  if (!(low < high) || surface.levels == 0) return {};
  Levels levels{{}, low};
  const auto n = static_cast<double>(surface.levels);
  double least = high - low;  // of a value above the lowest
  for (const double z : surface.z)
    if (z > low) least = std::min(least, z - low);
  least = std::max(least, 3e-4 * (high - low));
  const double ratio = std::pow((high - low) / least, 1 / n);
  for (std::size_t k = 0; k < surface.levels; ++k) {
    const auto i = static_cast<double>(k);
    levels.values.push_back(surface.logarithmic ? low + least * std::pow(ratio, i)
                                                : low + (high - low) * (i + 1) / (n + 1));
  }
  levels.text =
      concat(surface.levels, " level lines from ", short_number(levels.values.front()), " to ",
             short_number(levels.values.back()), surface.logarithmic ? ", by equal ratios" : "");
  return levels;
}

// The size of a pixel's number that has the full colour.
double full_colour(const Raster& raster) {
  if (raster.full) return *raster.full;
  double largest = 0;
  for (const double value : raster.values)
    if (has_place(value, false)) largest = std::max(largest, std::abs(value));
  return largest > 0 ? largest : 1;
}

class Drawing {
 public:
  Drawing(Svg& out, const Chart& chart, const Box& cell, const Legend& legend)
      : out_(out),
        chart_(chart),
        legend_(legend),
        cell_(cell),
        x_range_(range_of(chart.x, data_of(chart, true), chart.surface || chart.raster)),
        y_range_(range_of(chart.y, data_of(chart, false), chart.surface || chart.raster)),
        levels_(chart.surface ? levels_of(*chart.surface) : Levels{}),
        note_(chart.raster ? concat("full colour at ±", short_number(full_colour(*chart.raster)))
                           : levels_.text) {
    lay_out();
  }

  void draw() {
    titles();
    axes();
    out_.open("svg",
              attribute("x", area_.left) + attribute("y", area_.top) +
                  attribute("width", area_.width) + attribute("height", area_.height) +
                  attribute("viewBox", number(area_.left) + ' ' + number(area_.top) + ' ' +
                                           number(area_.width) + ' ' + number(area_.height)));
    if (chart_.surface) surface(*chart_.surface);
    if (chart_.raster) raster(*chart_.raster);
    for (const Series& s : chart_.series) band(s);
    for (const Series& s : chart_.series) series(s);
    out_.close("svg");
    frame();
    markers();
  }

 private:
  void lay_out() {
    titles_ = wrapped(chart_.title, chart_title_font, cell_.width - 10);
    double top = cell_.top + 20 * static_cast<double>(titles_.size()) + 8;
    if (!note_.empty()) top += 16;
    const double bottom = cell_.top + cell_.height - (chart_.x.label.empty() ? 26 : 46);
    const double height = bottom - top;
    if (chart_.equal_scale && !chart_.surface) {
      const double ratio = (cell_.width - 80) / height;
      const double x_span = x_range_.high - x_range_.low, y_span = y_range_.high - y_range_.low;
      widen(x_range_, chart_.x, ratio * y_span);
      widen(y_range_, chart_.y, x_span / ratio);
    }
    if (!chart_.raster)
      y_ticks_ = ticks_of(y_range_, chart_.y, static_cast<std::size_t>(std::max(3.0, height / 40)));
    double labels = 0;
    for (const Tick& tick : y_ticks_)
      labels = std::max(
          labels, text_width(tick.label, small_font) + text_width(tick.power, 0.75 * small_font));
    const double left = cell_.left + labels + 12 + (chart_.y.label.empty() ? 0 : 24);
    area_ = {left, top, cell_.left + cell_.width - 14 - left, height};
    if (chart_.equal_scale || chart_.raster) {
      const double x_span = x_range_.high - x_range_.low, y_span = y_range_.high - y_range_.low;
      const double unit = std::min(area_.width / x_span, area_.height / y_span);
      const double width = std::max(40.0, unit * x_span), tall = std::max(40.0, unit * y_span);
      area_ = {area_.left + (area_.width - width) / 2, area_.top + (area_.height - tall) / 2, width,
               tall};
    }
    if (!chart_.raster)
      x_ticks_ =
          ticks_of(x_range_, chart_.x, static_cast<std::size_t>(std::max(2.0, area_.width / 65)));
    x_.emplace(x_range_, chart_.x.logarithmic, area_.left, area_.right());
    y_.emplace(y_range_, chart_.y.logarithmic, area_.bottom(), area_.top);
  }

  void titles() {
    double y = cell_.top + 16;
    const double middle = area_.left + area_.width / 2;
    const double widest =
        titles_.empty() ? 0
                        : text_width(*std::max_element(titles_.begin(), titles_.end(),
                                                       [](auto& a, auto& b) {
                                                         return text_width(a, 1) < text_width(b, 1);
                                                       }),
                                     chart_title_font);
    const double at =
        std::clamp(middle, cell_.left + widest / 2,
                   std::max(cell_.left + widest / 2, cell_.left + cell_.width - widest / 2));
    for (const std::string& line : titles_) {
      out_.text("chart-title", {at, y}, line);
      y += 20;
    }
    if (!note_.empty()) out_.text("note", {at, y - 2}, note_);
  }

  void axes() {
    std::string grid;
    for (const Tick& tick : x_ticks_) {
      const double x = (*x_)(tick.value);
      if (!tick.label.empty()) {
        grid += path_through({{x, area_.top}, {x, area_.bottom()}});
        out_.text("tick middle", {x, area_.bottom() + 17}, tick.label, tick.power);
      }
      ticks_ +=
          path_through({{x, area_.bottom()}, {x, area_.bottom() + (tick.label.empty() ? 3 : 5)}});
    }
    for (const Tick& tick : y_ticks_) {
      const double y = (*y_)(tick.value);
      if (!tick.label.empty()) {
        grid += path_through({{area_.left, y}, {area_.right(), y}});
        out_.text("tick end", {area_.left - 8, y + 4}, tick.label, tick.power);
      }
      ticks_ += path_through({{area_.left - (tick.label.empty() ? 3 : 5), y}, {area_.left, y}});
    }
    if (!chart_.surface) out_.path("grid", grid);
    out_.text("label middle", {area_.left + area_.width / 2, area_.bottom() + 37}, chart_.x.label);
    if (chart_.y.label.empty()) return;
    double labels = 0;
    for (const Tick& tick : y_ticks_)
      labels = std::max(
          labels, text_width(tick.label, small_font) + text_width(tick.power, 0.75 * small_font));
    const Point at{area_.left - labels - 18, area_.top + area_.height / 2};
    out_.text("label middle", at, chart_.y.label, "",
              "rotate(-90 " + number(at.x) + ' ' + number(at.y) + ')');
  }

  void frame() {
    out_.element("rect", attribute("class", "frame") + attribute("x", area_.left) +
                             attribute("y", area_.top) + attribute("width", area_.width) +
                             attribute("height", area_.height));
    out_.path("ticks", ticks_);
  }

  void surface(const Surface& s) {
    Grid grid{{}, {}, s.z};
    for (const double x : s.x) grid.x.push_back((*x_)(x));
    for (const double y : s.y) grid.y.push_back((*y_)(y));
    std::vector<double> levels = levels_.values;
    if (s.logarithmic) {  // the root of a steep valley is closer to linear between grid points
      const auto root = [&](double z) { return std::sqrt(std::max(0.0, z - levels_.lowest)); };
      for (double& z : grid.z) z = std::isnan(z) ? z : root(z);
      for (double& level : levels) level = root(level);
    }
    // Shades overlap: the higher the region, the more shades lie on it.
    const double opacity = 1 - std::pow(0.5, 1 / static_cast<double>(levels_.values.size()));
    for (const double level : levels) {
      std::string d;
      for (const Line& line : regions_above(grid, level)) d += path_through(coarser(line));
      if (!d.empty())
        out_.element("path", attribute("class", "shade") +
                                 attribute("fill-opacity", short_number(opacity)) +
                                 attribute("d", d));
    }
    std::string d;
    for (const double level : levels)
      for (const Line& line : level_lines(grid, level)) d += path_through(coarser(line));
    out_.path("level", d);
  }

  // One path for each of 32 strengths of the two colours, so that a pixel takes few characters.
  void raster(const Raster& picture) {
    constexpr int strengths = 32;
    const double full = full_colour(picture);
    std::map<int, std::string> pixels;
    for (std::size_t i = 0; i < picture.values.size(); ++i) {
      const double share = std::clamp(picture.values[i] / full, -1.0, 1.0);
      if (std::isnan(share)) continue;
      const int strength = static_cast<int>(std::lround(strengths * share));
      if (strength == 0) continue;
      const auto column = static_cast<double>(i % picture.columns),
                 row = static_cast<double>(picture.rows - i / picture.columns);
      const double left = (*x_)(column), right = (*x_)(column + 1), top = (*y_)(row),
                   bottom = (*y_)(row - 1);
      pixels[strength] +=
          path_through({{left, top}, {right, top}, {right, bottom}, {left, bottom}, {left, top}});
    }
    for (const auto& [strength, d] : pixels)
      out_.element("path", attribute("class", strength < 0 ? "pixels c0" : "pixels c1") +
                               attribute("fill-opacity",
                                         short_number(std::abs(strength) / double(strengths))) +
                               attribute("d", d));
  }

  // The area between the two ends of a band, in pieces where a point has no place.
  void band(const Series& s) {
    const auto y = [&](double value) {
      const bool below = chart_.y.logarithmic && value <= y_range_.low;
      return below ? area_.bottom() : std::clamp((*y_)(value), -1e6, 1e6);
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
    for (std::size_t i = 0; i < s.low.size(); ++i) {
      if (!has_place(s.x[i], chart_.x.logarithmic) || !has_place(s.low[i], false) ||
          !has_place(s.high[i], chart_.y.logarithmic)) {
        finish();
        continue;
      }
      upper.push_back({(*x_)(s.x[i]), y(s.high[i])});
      lower.push_back({(*x_)(s.x[i]), y(s.low[i])});
    }
    finish();
    const auto colour = legend_.index(s.name);
    out_.path("band " + (colour ? concat('c', *colour % colours) : std::string("plain")), d);
  }

  // Level lines have a point at each line of the grid; a resolution of half a pixel is enough.
  static Line coarser(const Line& line) {
    Line kept{line.front()};
    for (std::size_t i = 1; i + 1 < line.size(); ++i)
      if (std::hypot(line[i].x - kept.back().x, line[i].y - kept.back().y) >= 0.7)
        kept.push_back(line[i]);
    kept.push_back(line.back());
    return kept;
  }

  // The runs of points that have a place on both axes, in page coordinates.
  std::vector<Line> runs(const Series& s) const {
    std::vector<Line> found;
    bool gap = true;
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      if (!has_place(s.x[i], chart_.x.logarithmic) || !has_place(s.y[i], chart_.y.logarithmic)) {
        gap = true;
        continue;
      }
      if (gap) found.emplace_back();
      gap = false;
      found.back().push_back({(*x_)(s.x[i]), (*y_)(s.y[i])});
    }
    return found;
  }

  void series(const Series& s) {
    const auto colour = legend_.index(s.name);
    const std::vector<Line> found = runs(s);
    const Box roomy{area_.left - 8, area_.top - 8, area_.width + 16, area_.height + 16};
    std::vector<Line> lines;
    Line dots;  // the marks at data points
    for (const Line& run : found) {
      for (const Point p : run)
        if (s.style == Style::dots || s.style == Style::line_and_dots || run.size() == 1)
          if (roomy.contains(p)) dots.push_back(p);
      if (s.style == Style::dots) continue;
      for (Line& part : clipped(thinned(run), roomy)) lines.push_back(std::move(part));
    }
    std::string d;
    for (const Line& line : lines)
      if (line.size() > 1) d += path_through(line);
    out_.path(line_class(s.style, colour), d);
    for (const Line& line : lines) labels_.avoid(line);
    labels_.avoid_points(dots);
    const std::size_t shape = colour.value_or(0);
    if (colour && legend_.needs_marks(*colour)) {
      double length = 0;
      for (const Line& line : lines) length += length_of(line);
      const double spacing = std::max(110.0, length / 6);
      const Line places = along(
          lines, spacing, spacing * std::fmod(0.18 + 0.31 * static_cast<double>(*colour), 1.0));
      dots.insert(dots.end(), places.begin(), places.end());
    }
    marks(dots, shape, colour, s.style == Style::dots);
  }

  void marks(const Line& points, std::size_t shape, std::optional<std::size_t> colour, bool alone) {
    const double radius = points.size() > 300 ? 1.4 : alone ? 3.6 : 3.2;
    const double apart = alone ? 0.5 : 2 * radius;  // so that the marks of a line do not pile up
    std::set<std::pair<long, long>> taken;
    std::string d;
    Point last{-1e9, -1e9};
    for (const Point p : points) {
      if (alone && !taken.insert({std::lround(2 * p.x), std::lround(2 * p.y)}).second) continue;
      if (!alone && std::hypot(p.x - last.x, p.y - last.y) < apart) continue;
      last = p;
      d += mark(points.size() > 300 ? 0 : shape, p, radius);
    }
    const char* kind = points.size() > 300 ? "speck " : "mark ";
    out_.path(kind + (colour ? concat('c', *colour % colours) : std::string("plain")), d);
  }

  void markers() {
    for (const Marker& m : chart_.markers) {
      const Point at{(*x_)(m.x), (*y_)(m.y)};  // NaN is in no box
      const Box roomy{area_.left - 1, area_.top - 1, area_.width + 2, area_.height + 2};
      if (!roomy.contains(at)) continue;
      out_.path("marker", mark(0, at, 4.5));
      labels_.add(at, m.label);
    }
    for (const Label& label : labels_.placed(area_))
      out_.text("marker-label " + label.anchor, label.at, label.text);
  }

  Svg& out_;
  const Chart& chart_;
  const Legend& legend_;
  const Box cell_;
  Range x_range_, y_range_;
  Levels levels_;
  std::string note_;  // below the title
  Box area_{};
  std::vector<std::string> titles_;
  std::vector<Tick> x_ticks_, y_ticks_;
  std::optional<Scale> x_, y_;
  std::string ticks_;
  Labels labels_;
};

}  // namespace

void draw(Svg& out, const Chart& chart, const Box& cell, const Legend& legend) {
  Drawing(out, chart, cell, legend).draw();
}

}  // namespace reel::plot
