// Stochastic relaxation: makes a step function smooth by averaging over random shifts.
#pragma once

#include <cstddef>
#include <cstdint>

#include <reel/optim/minimize/problem.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of `stochastic_relaxation`.
struct StochasticRelaxationOptions {
  double deviation = 0.2;      ///< σ
  std::size_t samples = 1000;  ///< rounded up to a whole number of opposite pairs
  std::uint64_t seed = 0;      ///< of the shifts
  /// Each element of f(θ) depends only on the same element of θ and is averaged by itself, with
  /// much less noise than all dimensions together.
  bool elementwise = false;
};

/// θ ↦ E f(θ + σε) for normal ε, as a sample mean, for θ and f(θ) of any shape. f is called once
/// for each sample and once at θ, with constants: f need not be differentiable. The derivatives, of
/// any order, are those of the expectation, estimated by the score function; the first is E f(θ +
/// σε)·ε/σ (Williams 1992). The shifts are drawn only once, so the result is a function of θ. Its
/// values still have the steps of f, divided by the number of samples; its derivatives have not. So
/// a line search stalls when changes become as small as these steps. The noise of a derivative
/// grows with the dimension of θ, unless `elementwise` is set, and falls with √samples.
Objective stochastic_relaxation(Objective f, const StochasticRelaxationOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
