// Stochastic relaxation: a step averaged over random shifts becomes smooth.
#pragma once

#include <cstddef>
#include <cstdint>

#include <reel/optim/minimize/problem.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

struct StochasticRelaxationOptions {
  double deviation = 0.2;      ///< σ
  std::size_t samples = 1000;  ///< rounded up to pairs of opposite shifts
  std::uint64_t seed = 0;
  /// Each element of f(θ) depends on that of θ alone, and is averaged by itself: much less noise
  /// than for all dimensions together.
  bool elementwise = false;
};

/// θ ↦ E f(θ + σε) for normal ε, by a sample mean, for θ and f(θ) of any shape. f is called once
/// for each sample, and once at θ, with constants: it need not be differentiable. The derivatives,
/// of any order, are those of the expectation, estimated by the score function: E f(θ + σε)·ε/σ is
/// the first (Williams 1992). The shifts are drawn once, so the result is a function of θ; its
/// values have the steps of f divided by the number of samples, its derivatives don't, so a line
/// search down to such steps stalls. The noise of a derivative grows with θ's dimensions, unless
/// `elementwise`, and falls with √samples.
Objective stochastic_relaxation(Objective f, const StochasticRelaxationOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
