// Checks of an option's values.
#include "checks.h"

#include <charconv>
#include <cmath>
#include <functional>
#include <sstream>
#include <utility>

#include <reel/autodiff/core/error.h>

#include "text.h"

namespace reel::apps {
namespace {

// Calls f with each check of the option.
template <class F>
void for_each_check(CLI::Option& option, F&& f) {
  try {
    for (int i = 0;; ++i) f(*option.get_validator(i));
  } catch (const CLI::OptionNotFound&) {  // after the last one
  }
}

// A check that takes the finite numbers for which `fits` is true.
CLI::Validator number_that(std::function<bool(double)> fits, const std::string& expected) {
  return {[fits = std::move(fits), expected](const std::string& text) -> std::string {
            const auto value = finite_number(text);
            return value && fits(*value) ? "" : "expected " + expected;
          },
          ""};
}

}  // namespace

std::optional<double> finite_number(const std::string& text) {
  double value = 0;
  if (!CLI::detail::lexical_cast(text, value) || !std::isfinite(value)) return std::nullopt;
  return value;
}

bool are_same(const std::string& a, const std::string& b) {
  const auto first = finite_number(a), second = finite_number(b);
  return a == b || (first && first == second);
}

const CLI::Validator not_empty(
    [](const std::string& text) { return text.empty() ? "expected a text that is not empty" : ""; },
    "");

const CLI::Validator above_zero = number_above(0);
const CLI::Validator not_negative =
    number_that([](double x) { return x >= 0; }, "a finite number ≥ 0");
const CLI::Validator probability = number(0, 1);
const CLI::Validator fraction = number_below(1);
const CLI::Validator proper_fraction =
    number_that([](double x) { return x > 0 && x < 1; }, "a number above 0 and below 1");

CLI::Validator number(double low, double high) {
  return number_that([=](double x) { return x >= low && x <= high; },
                     concat("a number from ", low, " to ", high));
}

CLI::Validator number_below(double high) {
  return number_that([=](double x) { return x >= 0 && x < high; },
                     concat("a number from 0 up to, but not including, ", high));
}

CLI::Validator number_above(double low) {
  return number_that([=](double x) { return x > low; }, concat("a finite number above ", low));
}

CLI::Validator whole_number(std::size_t low, std::size_t high) {
  return {[low, high](std::string& text) -> std::string {
            std::size_t value = 0;
            const char* const end = text.data() + text.size();
            const auto [stop, error] = std::from_chars(text.data(), end, value);
            const bool fits = error == std::errc() && stop == end && value >= low && value <= high;
            if (!fits)
              return concat("expected a whole number from ", grouped(low), " to ", grouped(high));
            text = std::to_string(value);
            return "";
          },
          ""};
}

CLI::Validator one_of(const std::vector<std::string>& names) {
  return {[names](std::string& text) -> std::string {
            for (const std::string& name : names)
              if (lower_case(name) == lower_case(text)) {
                text = name;
                return "";
              }
            const auto near = similar(text, names);
            return near.empty()
                       ? "expected " + listed(names)
                       : concat("expected one of ", names.size(), " names. Hint: ", listed(near));
          },
          "", listed(names)};
}

std::vector<std::string> choices(CLI::Option& option) {
  std::vector<std::string> names;
  for_each_check(option, [&](const CLI::Validator& check) {
    std::istringstream words(check.get_name());
    for (std::string name; words >> name;) names.push_back(name.substr(0, name.find(',')));
  });
  return names;
}

std::optional<Refusal> refusal(CLI::Option& option) {
  std::optional<Refusal> found;
  for (const std::string& value : option.results())
    for_each_check(option, [&](const CLI::Validator& check) {
      const std::string reason = check(value);
      if (!found && !reason.empty()) found = {value, reason};
    });
  if (found || option.results().empty()) return found;
  try {
    option.run_callback();
  } catch (const CLI::ConversionError&) {
    const bool flag = option.get_expected_max() == 0;
    found = {option.results().back(),
             flag ? "expected true or false" : "expected " + option.get_type_name()};
  }
  return found;
}

}  // namespace reel::apps
