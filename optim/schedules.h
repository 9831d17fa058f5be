// Schedules by name, for programs that choose one.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <reel/optim/schedule.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of `schedule_by_name`; each schedule uses some of them. t, in the same unit, counts
/// from the start of the run.
struct NamedScheduleOptions {
  std::size_t length = 1;   ///< of the whole run
  std::size_t warm_up = 0;  ///< the rate of the first steps is base·(t + 1)/warm_up
  double least = 0;         ///< the rate at the end, of linear and cosine
  std::size_t every = 0;    ///< of step, exponential and restarts; 0: a third of the length
  double factor = 0.1;      ///< of step and exponential: by which the rate falls in `every`
};

/// constant, linear (falls to `least`), cosine, restarts (cosine_restarts), step (step_decay),
/// exponential (a smooth step), one-cycle (whose rise is the warm-up, if there is one).
const std::vector<std::string_view>& schedule_names();

/// The rate of this name, after its warm-up. Throws Error (usage) for an unknown name, and for
/// options that make no sense.
///
///     Schedule schedule(adam, schedule_by_name("cosine", {.length = 9380, .warm_up = 938}));
Rate schedule_by_name(std::string_view name, const NamedScheduleOptions& options);

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
