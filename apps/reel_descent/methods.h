// The methods of `minimize` by name, in the format of the command line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <reel/optim/minimize/minimize.h>

namespace reel::descent {

struct Entrant {
  std::string name;  ///< as the user gave it: "momentum:step=0.0005"
  optim::Method method;
  /// Whether its points are guesses; then its result is the best point so far.
  bool guesses = false;
};

/// Parses "gradient_descent:step=0.001,bfgs": commas separate methods, colons separate options.
/// `iterations` is the limit of each method, and of each run of random_restart; `seed` is for
/// random methods. Throws Error (usage) for unknown names, options and values.
std::vector<Entrant> parse_methods(const std::string& text, std::size_t iterations,
                                   std::uint64_t seed);

/// Every method with its options and their defaults, one on each line.
std::string methods_help();

/// The parts of a text between separators, without spaces around them; one part if there is no
/// separator.
std::vector<std::string> split(const std::string& text, char separator);
/// A finite number that fills the whole text. Otherwise throws Error (usage), which names `what`.
double parse_number(const char* where, const std::string& what, const std::string& text);
/// An integer of 0 or more.
std::size_t parse_count(const char* where, const std::string& what, const std::string& text);

}  // namespace reel::descent
