// Ranges and ticks.
#include "scale.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <reel/autodiff/core/error.h>

namespace reel::plot {
namespace {

std::string fixed(double value, int decimals) {
  char buffer[400];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, decimals);
  std::string text(buffer, end.ptr);
  if (text[0] != '-') return text;
  const bool zero = text.find_first_not_of("-0.") == std::string::npos;
  return zero ? text.substr(1) : "−" + text.substr(1);
}

// k·10^exponent, correctly rounded for usual exponents.
double decimal(double k, int exponent) {
  return exponent < 0 ? k / std::pow(10, -exponent) : k * std::pow(10, exponent);
}

int exponent_of(double value) {
  return static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-9));
}

std::vector<Tick> linear_ticks(const Range& range, std::size_t most) {
  const double least = std::max(  // smaller steps have no exact powers of ten
      range.high / static_cast<double>(most) - range.low / static_cast<double>(most), 1e-300);
  int exponent = static_cast<int>(std::floor(std::log10(least)));
  double digit = 10;
  for (const double d : {1.0, 2.0, 5.0})
    if (decimal(d, exponent) >= least * (1 - 1e-9)) {
      digit = d;
      break;
    }
  if (digit == 10) {
    digit = 1;
    ++exponent;
  }
  const double step = decimal(digit, exponent);
  const double largest = std::max(std::abs(range.low), std::abs(range.high));
  const bool plain = exponent >= -4 && largest < 1e6;
  const int top = exponent_of(largest);
  std::vector<Tick> ticks;
  for (double k = std::ceil(range.low / step - 1e-9); k <= range.high / step + 1e-9; ++k) {
    const double value = decimal(k * digit, exponent);
    if (plain)
      ticks.push_back({value, fixed(value, std::max(0, -exponent))});
    else if (k == 0)
      ticks.push_back({value, "0"});
    else
      ticks.push_back(
          {value, fixed(decimal(k * digit, exponent - top), std::max(0, top - exponent)) + "×10",
           fixed(top, 0)});
    if (ticks.size() > 2 * most + 2) break;  // steps smaller than the rounding of their sum
  }
  return ticks;
}

std::vector<Tick> logarithmic_ticks(const Range& range, std::size_t most) {
  const int first = static_cast<int>(std::ceil(std::log10(range.low) - 1e-9));
  const int last = static_cast<int>(std::floor(std::log10(range.high) + 1e-9));
  const auto inside = [&](double value) {
    return value >= range.low * (1 - 1e-9) && value <= range.high * (1 + 1e-9);
  };
  if (last - first < 2) {
    std::vector<Tick> few;
    for (int n = first - 1; n <= last; ++n)
      for (const double digit : {1.0, 2.0, 5.0}) {
        const double value = decimal(digit, n);
        if (!inside(value)) continue;
        if (n >= -4 && n < 6)
          few.push_back({value, fixed(value, std::max(0, -n))});
        else
          few.push_back({value, digit == 1 ? "10" : fixed(digit, 0) + "×10", fixed(n, 0)});
      }
    if (few.size() < 2) return linear_ticks(range, most);
    if (few.size() <= most) return few;
  }
  const int stride = 1 + (last - first) / static_cast<int>(most);
  std::vector<Tick> ticks;
  for (int n = first - 1; n <= last; ++n) {
    const bool labelled = n % stride == 0;
    if (const double value = decimal(1, n); inside(value) && (labelled || stride <= 10)) {
      ticks.push_back({value});
      if (labelled) {
        ticks.back().label = "10";
        ticks.back().power = fixed(n, 0);
      }
    }
    for (double digit = 2; stride == 1 && digit < 10; ++digit)
      if (const double value = decimal(digit, n); inside(value)) ticks.push_back({value});
  }
  return ticks;
}

}  // namespace

bool has_place(double value, bool logarithmic) {
  return std::abs(value) <= 1e300 && (!logarithmic || value >= 1e-300);
}

Range range_of(const Axis& axis, const std::vector<double>& data, bool tight) {
  for (const auto& end : {axis.low, axis.high})
    if (end && !has_place(*end, axis.logarithmic))
      fail_usage("plot", "the axis \"", axis.label, "\" can't end at ", *end,
                 axis.logarithmic ? ". Hint: a logarithmic axis has positive numbers." : ".");
  Range range{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  for (const double value : data) {
    if (!has_place(value, axis.logarithmic)) continue;
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
  }
  const auto on_axis = [&](double value) { return axis.logarithmic ? std::log10(value) : value; };
  const auto off_axis = [&](double value) {
    return axis.logarithmic ? std::clamp(std::pow(10, value), 1e-300, 1e300) : value;
  };
  if (range.low > range.high) range = axis.logarithmic ? Range{1, 10} : Range{0, 1};
  double low = on_axis(axis.low.value_or(range.low)),
         high = on_axis(axis.high.value_or(range.high));
  const double most = std::max(std::abs(low), std::abs(high));
  if (axis.low && axis.high && !(low < high))
    fail_usage("plot", "the axis \"", axis.label, "\" goes from ", *axis.low, " to ", *axis.high,
               ", expected the lower end first.");
  double space = 0.04 * (high - low);
  if (!(high - low > 1e-12 * most)) {  // a single value, or all data beyond a given end
    space = axis.logarithmic || most < 1e-290 ? 0.5 : most / 2;
    if (axis.low) high = low;
    if (axis.high) low = high;
  } else if (tight) {
    space = 0;
  }
  if (!axis.low) low -= space;
  if (!axis.high) high += space;
  return {axis.low.value_or(off_axis(low)), axis.high.value_or(off_axis(high))};
}

std::vector<Tick> ticks_of(const Range& range, const Axis& axis, std::size_t most) {
  std::vector<Tick> ticks =
      axis.logarithmic ? logarithmic_ticks(range, most) : linear_ticks(range, most);
  if (axis.whole)
    std::erase_if(ticks, [](const Tick& tick) { return tick.value != std::round(tick.value); });
  for (Tick& tick : ticks)  // "1", where the ticks between would have made it "1.0"
    if (axis.whole && !axis.logarithmic && tick.power.empty()) tick.label = fixed(tick.value, 0);
  return ticks;
}

Scale::Scale(const Range& range, bool logarithmic, double at_low, double at_high)
    : logarithmic_(logarithmic),
      low_(logarithmic ? std::log10(range.low) : range.low),
      span_((logarithmic ? std::log10(range.high) : range.high) - low_),
      at_low_(at_low),
      length_(at_high - at_low) {}

double Scale::operator()(double value) const {
  return at_low_ + length_ * (((logarithmic_ ? std::log10(value) : value) - low_) / span_);
}

std::string short_number(double value) {
  const double size = std::abs(value);
  if (value == 0 || (size >= 1e-4 && size < 1e6)) {
    const int digits = value == 0 ? 0 : 2 - exponent_of(value);
    const double unit = std::pow(10, -digits);
    std::string text =
        fixed(digits >= 0 ? value : std::round(value / unit) * unit, std::max(0, digits));
    if (text.find('.') != std::string::npos) {
      text.erase(text.find_last_not_of('0') + 1);
      if (text.ends_with('.')) text.pop_back();
    }
    return text;
  }
  const int exponent = exponent_of(value);
  return fixed(value / std::pow(10, exponent), 2) + "·10^" + fixed(exponent, 0);
}

}  // namespace reel::plot
