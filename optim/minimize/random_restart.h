// Random restart: runs another method from many starts.
#pragma once

#include <cstddef>
#include <cstdint>

#include <reel/optim/minimize/minimize.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of `random_restart`.
struct RandomRestartOptions {
  std::size_t restarts = 20;     ///< how many starts after the first
  double deviation = 1;          ///< of the normal shifts of the start
  std::uint64_t seed = 0;        ///< of the starts
  MinimizeOptions options = {};  ///< of each run; `keep_points` is taken from the search
};

/// Runs a method from `restarts` random starts around the given start, and keeps the best point of
/// all runs. The history contains all runs, one after the other; the first run is the given start
/// alone. One run is one iteration. The result has the status of the run with the best point; its
/// gradient norm is NaN. A run that diverges or stalls does not end the search; an exception or
/// `options.stop` does.
Method random_restart(Method method, const RandomRestartOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
