// Progress of a run, the time that it takes, and a line on the terminal that shows it.
#pragma once

#include <chrono>
#include <cstddef>

#include <reel/autodiff/core/real.h>

namespace reel::inline REEL_PRECISION {
namespace train {

/// The state of a run after a batch.
struct Progress {
  std::size_t epoch = 1;    ///< from 1
  std::size_t batch = 0;    ///< the number in this epoch, from 1
  std::size_t batches = 0;  ///< in an epoch
  std::size_t samples = 0;  ///< in this epoch so far, since the run began or was resumed
  double seconds = 0;       ///< for these samples, only training
  double loss = 0;          ///< of the batch
};

/// Measures the time since it was made.
class Stopwatch {
 public:
  /// The time since then.
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// A line on standard error that is rewritten in place, at most ten times a second: the epoch, a
/// bar, the speed, and the time that is left. Does nothing if standard error is not a terminal.
///
///     ProgressLine line(10);
///     train::fit(model, adam, data, rng, {.epochs = 10, .on_batch = std::ref(line)});
class ProgressLine {
 public:
  /// `epochs`: the number of the last epoch.
  explicit ProgressLine(std::size_t epochs);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Call it after each batch.
  void operator()(const Progress& progress);
  /// Removes the line; call it before you print.
  void clear();

 private:
  bool terminal_;
  std::size_t epochs_;
  double next_ = 0;  // the second of the epoch at which to draw next
  std::size_t epoch_ = 0;
  bool drawn_ = false;
};

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
