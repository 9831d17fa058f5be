// Search without derivatives: guesses, and guesses around the best one.
#pragma once

#include <cstdint>
#include <optional>

#include <reel/optim/minimize/minimize.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

struct RandomSearchOptions {
  double deviation = 1;  ///< of normal shifts from the start
  /// Both given: uniform in [low, high) in every dimension instead, wherever the start is.
  std::optional<double> low = {}, high = {};
  std::uint64_t seed = 0;
};

/// Each iteration evaluates one candidate, drawn anew, and keeps the best. The history has all
/// candidates, `History::best_values` the curve of the best; a value that is not finite is no
/// reason to stop, but at the start. It converges by value or step tolerances alone, off by
/// default: a candidate that is no better changes nothing. Rastrigin 1963.
Method random_search(const RandomSearchOptions& options = {});

struct HillClimbingOptions {
  double deviation = 0.1;  ///< of normal shifts from the best point so far
  std::uint64_t seed = 0;
};

/// The same with each candidate drawn near the best point so far.
Method hill_climbing(const HillClimbingOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
