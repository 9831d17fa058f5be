// The learning-rate range test: which rates let the loss fall, and where it falls fastest.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <reel/optim/optimizer.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

struct FindRateOptions {
  double from = 1e-6, to = 10;  ///< the first and the last rate
  std::size_t steps = 100;      ///< at least 3
  double smoothing = 0.8;       ///< weight of the past in the smoothed loss, [0, 1)
  double stop = 4;              ///< ends when the smoothed loss exceeds this multiple of its best
};

/// As long as the test went on: shorter than `steps` if the loss grew too much or was not finite.
struct RateCurve {
  std::vector<double> rates;     ///< growing by a constant factor
  std::vector<double> losses;    ///< of the batch after the step with that rate
  std::vector<double> smoothed;  ///< their running mean, corrected for its start at zero
  /// The rate at which `smoothed` falls most steeply against log(rate), measured from the rate
  /// before to the one after; a rate to start from, of the first group.
  double suggestion;
};

/// Trains with rates that grow from `from` to `to`, one step each, and puts everything back as it
/// was, bit by bit, also if `step` throws: the parameters' values, their gradients, and the
/// optimiser's state. What else `step` changes (a generator, running averages of a layer) stays
/// changed. Groups keep the ratios of their rates.
///
/// `step` does what comes before `optimizer.step()`: it computes the loss of a batch and its
/// gradients, and returns the loss. It is called steps + 1 times: one that comes after the last
/// rate.
///
/// Throws Error for options that make no sense, if the first group's rate is 0, and if there is no
/// suggestion: the loss did not fall at any rate. Smith, WACV 2017.
RateCurve find_rate(Optimizer& optimizer, const std::function<double()>& step,
                    const FindRateOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
