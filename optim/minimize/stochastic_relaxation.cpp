// Averages over normal shifts; derivatives come from the density of the shifts.
#include <reel/optim/minimize/stochastic_relaxation.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/ops/ops.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

// Standard normal numbers (samples, n); row 2i + 1 is the negative of row 2i. The numbers of one
// element do not depend on n.
Tensor shifts(std::uint64_t seed, std::size_t samples, std::size_t n) {
  Tensor e = uninitialized({samples, n});
  for (std::size_t j = 0; j < n; ++j) {
    Rng rng(seed, j);
    for (std::size_t i = 0; i < samples; i += 2) {
      e(i, j) = static_cast<Real>(rng.normal());
      e(i + 1, j) = -e(i, j);
    }
  }
  return e;
}

}  // namespace

Objective stochastic_relaxation(Objective f, const StochasticRelaxationOptions& options) {
  if (!f) fail_usage("stochastic_relaxation", "was given an empty objective.");
  if (!(options.deviation > 0) || !std::isfinite(options.deviation))
    fail_usage("stochastic_relaxation", "deviation = ", options.deviation,
               " is not above 0 and finite.");
  if (options.samples == 0) fail_usage("stochastic_relaxation", "samples = 0.");
  return [f = std::move(f), options](const Var& theta) {
    const Tensor& center = theta.value();
    const std::size_t samples = (options.samples + 1) / 2 * 2, n = center.size();
    const Real deviation = static_cast<Real>(options.deviation);
    const Tensor e = shifts(options.seed, samples, n);
    Tensor base, rises;  // f at the center; f at the samples minus base, (samples, elements of f)
    {
      const NoTape none;
      base = f(center).value();
      if (options.elementwise && base.shape() != center.shape())
        fail_usage("stochastic_relaxation", "elementwise, but f of shape ",
                   reel::to_string(center.shape()), " has shape ", reel::to_string(base.shape()),
                   '.');
      rises = uninitialized({samples, base.size()});
      for (std::size_t i = 0; i < samples; ++i) {
        Tensor z = center;
        for (std::size_t j = 0; j < n; ++j) z.data()[j] += deviation * e(i, j);
        const Tensor y = f(z).value();
        if (y.shape() != base.shape())
          fail_usage("stochastic_relaxation", "f has shape ", reel::to_string(base.shape()),
                     " at one point and ", reel::to_string(y.shape()), " at another.");
        std::transform(y.begin(), y.end(), base.begin(), rises.data() + i * base.size(),
                       [](Real at, Real from) { return at - from; });
      }
    }
    // The samples z = θ₀ + σε stay fixed when θ moves by σd. Their densities change by the factor
    // exp(ε·d − ½d²), which is 1 here but has nonzero derivatives.
    const Var d = reshape((theta - stop_gradient(theta)) * (1 / deviation), {n});
    const Var weights =
        options.elementwise
            ? exp(e * d - Real(0.5) * square(d))
            : reshape(exp(matmul(Var(e), d) - Real(0.5) * sum(square(d))), {samples, 1});
    return base + reshape(mean(weights * rises, 0), base.shape());
  };
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
