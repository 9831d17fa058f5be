// Random restart: another method from many starts.
#pragma once

#include <cstddef>
#include <cstdint>

#include <reel/optim/minimize/minimize.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

struct RandomRestartOptions {
  std::size_t restarts = 20;
  double deviation = 1;  ///< of normal shifts from the start
  std::uint64_t seed = 0;
  MinimizeOptions options = {};  ///< of each run; `keep_points` is the search's own
};

/// Runs a method from `restarts` random starts around the given one, and keeps the best point that
/// any run passed. The history has all runs one after the other, the first being the given start
/// alone. One iteration is one run; the result's status is that of the run with the best point, and
/// its gradient norm is not known (NaN). A run that diverges or stalls is no reason to stop; an
/// exception is, as is `options.stop`.
Method random_restart(Method method, const RandomRestartOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
