// Scale: computes the range of an axis from the data, its ticks, and places on the page.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "plot.h"

namespace reel::plot {

struct Range {
  double low, high;
};

/// Whether a value has a place on an axis: it is finite, at most 1e300 in size, and positive if the
/// axis is logarithmic.
bool has_place(double value, bool logarithmic);

/// The ends of an axis: the given ones, otherwise the ends of the data, with a small margin unless
/// `tight`. Throws Error if the ends are not finite, not in order, or not positive on a logarithmic
/// axis.
Range range_of(const Axis& axis, const std::vector<double>& data, bool tight);

struct Tick {
  double value;
  std::string label = {};  ///< empty for a minor tick
  std::string power = {};  ///< superscript after the label
};

/// Ticks at round numbers, or whole ones if the axis says so; about `most` of them or fewer have a
/// label.
std::vector<Tick> ticks_of(const Range& range, const Axis& axis, std::size_t most);

class Scale {
 public:
  /// Maps the ends of the range to these places on the page.
  Scale(const Range& range, bool logarithmic, double at_low, double at_high);

  /// The place of a value that has one on the axis.
  double operator()(double value) const;

 private:
  bool logarithmic_;
  double low_, span_, at_low_, length_;
};

/// With three digits, for readers: "0.25", "2.50·10^6".
std::string short_number(double value);

}  // namespace reel::plot
