// Checks of an option's values. Their messages say what is expected, and the caller adds the option
// and its value.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace reel::apps {

/// The number that a text is, if it is a finite one.
std::optional<double> finite_number(const std::string& text);
/// Whether two values are the same text, or the same number as 0.1 and 0.10 are.
bool are_same(const std::string& a, const std::string& b);

/// For file names: an empty name usually comes from a shell variable that is not set.
extern const CLI::Validator not_empty;
/// A finite number above 0.
extern const CLI::Validator above_zero;
/// A finite number, 0 or above.
extern const CLI::Validator not_negative;
/// A number of [0, 1].
extern const CLI::Validator probability;
/// A number of [0, 1).
extern const CLI::Validator fraction;
/// A number of (0, 1).
extern const CLI::Validator proper_fraction;

/// A number in [low, high], in [0, high), or above `low`.
CLI::Validator number(double low, double high);
CLI::Validator number_below(double high);
CLI::Validator number_above(double low);

/// A whole number in [low, high], for `option.transform`: the value loses zeros at its front, with
/// which CLI11 would read it as octal. The default of `high` suits counts.
CLI::Validator whole_number(std::size_t low, std::size_t high = std::size_t{1} << 30);

/// One of these names, for `option.transform`: capital and small letters are the same, and the
/// value becomes the name as it is written here.
CLI::Validator one_of(const std::vector<std::string>& names);
/// The names that a check by `one_of` allows an option; empty if it has no such check.
std::vector<std::string> choices(CLI::Option& option);

/// A value that an option does not take.
struct Refusal {
  std::string value;
  std::string expected;  ///< "expected a finite number above 0", perhaps with a hint at its end
};
/// The first of the option's values that it does not take, if there is one.
std::optional<Refusal> refusal(CLI::Option& option);

}  // namespace reel::apps
