// The methods of `minimize` by name, as the command line states them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <reel/optim/minimize/minimize.h>

namespace reel::descent {

struct Entrant {
  std::string name;  ///< as it was given: "momentum:step=0.0005"
  optim::Method method;
  /// Whether its points are guesses, so that the best so far is what it found.
  bool guesses = false;
};

/// "gradient_descent:step=0.001,bfgs": methods apart by commas, a method's options by colons.
/// `iterations` is the limit of each, of random_restart for each of its runs; `seed` is that of the
/// random ones. Throws Error (usage) for names, options and values that there are not.
std::vector<Entrant> parse_methods(const std::string& text, std::size_t iterations,
                                   std::uint64_t seed);

/// Every method with its options and their defaults, a line each.
std::string methods_help();

/// The parts of a text between separators, without spaces around them; one part if there is none.
std::vector<std::string> split(const std::string& text, char separator);
/// A finite number that is the whole text. Throws Error (usage), naming `what`, for anything else.
double parse_number(const char* where, const std::string& what, const std::string& text);
/// An integer of 0 or more.
std::size_t parse_count(const char* where, const std::string& what, const std::string& text);

}  // namespace reel::descent
