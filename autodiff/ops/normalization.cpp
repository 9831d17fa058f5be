// Normalisation over a batch.
#include <algorithm>
#include <cmath>
#include <vector>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/normalization.h>
#include <reel/autodiff/ops/reduction.h>

namespace reel::inline REEL_PRECISION {
namespace {

Var inverse_deviation(const Var& x, Real eps) {
  return Real(1) / sqrt(variance(x, 0, true, 0) + eps);
}

}  // namespace

// With z = (x − μ)/s, s = √(σ² + ε), and n rows: y = w·z + b,
// ∂x = w/s·(g − (Σ g + z·Σ g·z)/n), ∂w = Σ g·z, ∂b = Σ g
Var batch_norm(const Var& x, const Var& weight, const Var& bias, Real eps,
               BatchStatistics* statistics) {
  const Tensor& v = x.value();
  if (v.dimension() != 2 || weight.shape() != Shape{v.shape()[1]} || bias.shape() != weight.shape())
    fail_usage("batch_norm", "takes x (batch,n), weight (n) and bias (n), got ",
               to_string(v.shape()), ", ", to_string(weight.shape()), " and ",
               to_string(bias.shape()), '.');
  if (!(eps >= 0)) fail_usage("batch_norm", "eps ", eps, ", expected at least 0.");
  const Real n = static_cast<Real>(v.shape()[0]);
  if (n < 2)
    fail_usage("batch_norm", "a batch of ", n,
               " has no variance. Hint: at least 2 samples in each batch, or model.eval().");
  const Tensor mean = reel::sum(v, 0, true) / n;
  const Tensor centred = evaluate(v - mean);
  const Tensor variance = reel::sum(evaluate(xt::square(centred)), 0, true) / n;
  const SharedTensor s = evaluate(Real(1) / xt::sqrt(variance + eps));
  const SharedTensor z = evaluate(centred * *s);
  if (statistics) *statistics = {mean, variance, n};
  return record("batch_norm", {x, weight, bias}, evaluate(*z * weight.value() + bias.value()),
                [z, s, n, eps](auto& d, auto& g, auto in, auto&) {
                  const auto& inverse = d.saved(s, [&] { return inverse_deviation(in[0], eps); });
                  const auto& standard = d.saved(z, [&] {
                    return (in[0] - reel::mean(in[0], 0, true)) * inverse_deviation(in[0], eps);
                  });
                  const auto by_bias = reel::sum(g, 0, true);
                  const auto by_weight = reel::sum(g * standard, 0, true);
                  d.add(2, by_bias);
                  d.add(1, by_weight);
                  if (!d.wants(0)) return;
                  d.add(0, in[1] * inverse * (g - (by_bias + standard * by_weight) / n));
                });
}

}  // namespace reel::inline REEL_PRECISION
