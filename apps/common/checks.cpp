// Checks of an option's values.
#include "checks.h"

#include <charconv>
#include <cmath>
#include <sstream>

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

}  // namespace

std::optional<double> finite_number(const std::string& text) {
  double value = 0;
  if (!CLI::detail::lexical_cast(text, value) || !std::isfinite(value)) return std::nullopt;
  return value;
}

const CLI::Validator not_empty(
    [](const std::string& text) { return text.empty() ? "expected a text that is not empty" : ""; },
    "");

const CLI::Validator above_zero(
    [](const std::string& text) {
      const auto value = finite_number(text);
      return value && *value > 0 ? "" : "expected a finite number above 0";
    },
    "");

const CLI::Validator not_negative(
    [](const std::string& text) {
      const auto value = finite_number(text);
      return value && *value >= 0 ? "" : "expected a finite number ≥ 0";
    },
    "");

const CLI::Validator probability(
    [](const std::string& text) {
      const auto value = finite_number(text);
      return value && *value >= 0 && *value <= 1 ? "" : "expected a number from 0 to 1";
    },
    "");

const CLI::Validator fraction(
    [](const std::string& text) {
      const auto value = finite_number(text);
      return value && *value >= 0 && *value < 1
                 ? ""
                 : "expected a number from 0 up to, but not including, 1";
    },
    "");

CLI::Validator whole_number(std::size_t low, std::size_t high) {
  return {[low, high](const std::string& text) {
            std::size_t value = 0;
            const char* const end = text.data() + text.size();
            const auto [stop, error] = std::from_chars(text.data(), end, value);
            const bool fits = error == std::errc() && stop == end && value >= low && value <= high;
            return fits ? ""
                        : concat("expected a whole number from ", grouped(low), " to ",
                                 grouped(high));
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
