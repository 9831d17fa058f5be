// The learning-rate range test: at which rates the loss falls, and where it falls fastest.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <reel/optim/optimizer.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of `find_rate`.
struct FindRateOptions {
  double from = 1e-6, to = 10;  ///< the first and the last rate
  std::size_t steps = 100;      ///< at least 3
  double smoothing = 0.8;       ///< weight of the past in the smoothed loss, in [0, 1)
  double stop = 4;              ///< ends when the smoothed loss exceeds this multiple of its best
};

/// The result of a test; shorter than `steps` if the loss grew too much or was not finite.
struct RateCurve {
  std::vector<double> rates;     ///< growing by a constant factor
  std::vector<double> losses;    ///< of the batch after the step with this rate
  std::vector<double> smoothed;  ///< running mean of the losses, corrected for its start at zero
  /// The rate, up to that of the lowest `smoothed`, at which `smoothed` falls most steeply against
  /// log(rate), measured between the neighbouring rates. You can use it as the learning rate of the
  /// first group.
  double suggestion;
};

/// Trains with rates that grow from `from` to `to`, one step for each rate. Then restores the
/// parameters' values, their gradients and the optimiser's state, bit by bit, also if `step`
/// throws. Other things that `step` changes (a generator, running averages of a layer) stay
/// changed. The ratios between the rates of the groups stay the same.
///
/// `step` does the work before `optimizer.step()`: it computes the loss of a batch and its
/// gradients, and returns the loss. It is called steps + 1 times; the extra call gives the loss
/// after the last rate.
///
/// Throws Error for options that make no sense, if the first group's rate is 0, and if the loss did
/// not fall at any rate, so that there is no suggestion. Smith, WACV 2017.
RateCurve find_rate(Optimizer& optimizer, const std::function<double()>& step,
                    const FindRateOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
