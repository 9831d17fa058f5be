// Scale: from the data to the range of an axis, to its ticks, and to places on the page.
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

/// Whether a value has a place on an axis: finite, at most 1e300 in size, and positive on a
/// logarithmic one.
bool has_place(double value, bool logarithmic);

/// The ends of an axis: given, or else the ends of the data with a little space, without it if
/// `tight`. Throws Error for ends that are not finite, not in order, or not positive on a
/// logarithmic axis.
Range range_of(const Axis& axis, const std::vector<double>& data, bool tight);

struct Tick {
  double value;
  std::string label = {};  ///< empty for a minor tick
  std::string power = {};  ///< raised, after the label
};

/// At round numbers, no more than about `most` of them with a label.
std::vector<Tick> ticks_of(const Range& range, bool logarithmic, std::size_t most);

class Scale {
 public:
  /// The range's ends lie at these places of the page.
  Scale(const Range& range, bool logarithmic, double at_low, double at_high);

  /// Of a value that has a place on the axis.
  double operator()(double value) const;

 private:
  bool logarithmic_;
  double low_, span_, at_low_, length_;
};

/// With three digits, for people: "0.25", "2.50·10^6".
std::string short_number(double value);

}  // namespace reel::plot
