// Progress of a run, the time that it takes, and a line on the terminal that shows it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

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

/// The state of an evaluation after a batch.
struct EvaluationProgress {
  std::size_t batch = 0;    ///< from 1
  std::size_t batches = 0;  ///< of the data set
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

/// Shows on standard error how far a run is. On a terminal, one line is rewritten in place, at most
/// ten times a second: the epoch, a bar, the mean loss of the epoch so far, the time that is left,
/// and the speed; in a narrow terminal (terminal_width) only the first of these. An evaluation of
/// more than 0.2 seconds has a bar as well. If standard error is no terminal (is_terminal), there
/// is a new line at each tenth of an epoch, but none in the first five seconds of an epoch.
///
///     ProgressLine line(10);
///     train::fit(model, adam, data, rng,
///                {.epochs = 10, .on_batch = std::ref(line), .on_evaluation = std::ref(line)});
class ProgressLine {
 public:
  /// `epochs`: the number of the last epoch; 0 if there is only an evaluation.
  explicit ProgressLine(std::size_t epochs = 0);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Call it after each batch of the training.
  void operator()(const Progress& progress);
  /// Call it after each batch of an evaluation.
  void operator()(const EvaluationProgress& progress);
  /// Removes the line; call it before you print.
  void clear();

 private:
  void draw(const std::string& head, double share, const std::vector<std::string>& details);

  bool terminal_;
  std::size_t epochs_;
  std::size_t epoch_ = 0;
  double losses_ = 0;        // the sum over the batches of the epoch
  std::size_t batches_ = 0;  // in this sum
  double next_ = 0;          // the second of the epoch or evaluation at which to draw next
  std::size_t tenths_ = 0;   // of the epoch that have a line
  Stopwatch evaluation_;     // since the first batch of the evaluation
  std::size_t width_ = 0;    // of the line on the terminal
};

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
