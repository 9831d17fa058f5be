// Search without derivatives: random points, and random points near the best one.
#pragma once

#include <cstdint>
#include <optional>

#include <reel/optim/minimize/minimize.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of `random_search`.
struct RandomSearchOptions {
  double deviation = 1;  ///< of the normal shifts of the start
  /// If both are set: uniform in [low, high) in every dimension, independent of the start.
  std::optional<double> low = {}, high = {};
  std::uint64_t seed = 0;  ///< of the candidates
};

/// Each iteration draws and evaluates one candidate; the best one is kept. The history contains all
/// candidates; `History::best_values` gives the best value so far. A value that is not finite ends
/// the search only at the start. The search converges only by the value or step tolerance, which
/// are off by default: they would stop at the first candidate that is no better. Rastrigin 1963.
Method random_search(const RandomSearchOptions& options = {});

/// The options of `hill_climbing`.
struct HillClimbingOptions {
  double deviation = 0.1;  ///< of the normal shifts of the best point so far
  std::uint64_t seed = 0;  ///< of the candidates
};

/// The same, but each candidate is drawn near the best point so far.
Method hill_climbing(const HillClimbingOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
