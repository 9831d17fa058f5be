// The list of lectures, and findings as text.
#include "lecture.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "../common/text.h"

namespace reel::descent {
namespace {

// The fewest digits that read back as the same number.
std::string shortest(double value) {
  char text[40];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

// As many digits as the tolerance allows to compare, and one more.
std::string within(double value, double tolerance) {
  const double digits = std::log10(std::abs(value) / tolerance) + 2;
  if (!std::isfinite(digits) || digits > 16) return shortest(value);
  return apps::significant(value, std::max(3, static_cast<int>(digits)));
}

Finding compared(Source source, std::string what, double expected, double here, double tolerance) {
  return {source,
          std::move(what),
          shortest(expected),
          within(here, tolerance),
          std::abs(here - expected) <= tolerance,
          here};
}

std::vector<Lecture> all() {
  std::vector<Lecture> joined;
  for (const auto& part :
       {differentiation_lectures, model_lectures, descent_lectures, curvature_lectures,
        fitting_lectures, momentum_lectures, critical_points_lectures, first_order_lectures,
        search_lectures, training_lectures, network_lectures, five_methods_lectures})
    for (Lecture& one : part()) joined.push_back(std::move(one));
  std::sort(joined.begin(), joined.end(),
            [](const Lecture& a, const Lecture& b) { return a.row < b.row; });
  return joined;
}

}  // namespace

Finding number(std::string what, double notes, double here, double tolerance) {
  return compared(Source::notes, std::move(what), notes, here, tolerance);
}

Finding claim(std::string what, double expected, double here, double tolerance) {
  return compared(Source::ours, std::move(what), expected, here, tolerance);
}

Finding claim(std::string what, std::string condition, double value, bool holds) {
  return {Source::ours, std::move(what), std::move(condition), apps::significant(value), holds,
          value};
}

const std::vector<Lecture>& lectures() {
  static const std::vector<Lecture> list = all();
  return list;
}

const Lecture& lecture(std::string_view name_or_row) {
  std::vector<std::string> names;
  for (const Lecture& one : lectures()) {
    if (one.name == name_or_row || std::to_string(one.row) == name_or_row) return one;
    names.push_back(one.name);
  }
  fail_usage("lecture", "there is no \"", name_or_row,
             "\". Hint: ", apps::nearest(name_or_row, names), "; `list` shows all.");
}

}  // namespace reel::descent
