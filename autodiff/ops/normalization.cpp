// Normalisation along an axis: z = (x − μ)/√(σ² + ε) with the mean and variance of each lane.
#include <utility>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/normalization.h>
#include <reel/autodiff/ops/reduction.h>

namespace reel::inline REEL_PRECISION {
namespace {

// The statistics of the lanes along an axis, which they keep with size 1.
struct Standardised {
  Tensor mean, variance;
  SharedTensor inverse, z;  // 1/√(σ² + ε), and (x − μ)/√(σ² + ε)
};

Standardised standardise(const Tensor& x, int axis, Real n, Real eps) {
  Standardised result{reel::sum(x, axis, true) / n, {}, {}, {}};
  const Tensor centred = evaluate(x - result.mean);
  result.variance = reel::sum(evaluate(xt::square(centred)), axis, true) / n;
  result.inverse = evaluate(Real(1) / xt::sqrt(result.variance + eps));
  result.z = evaluate(centred * *result.inverse);
  return result;
}

// The same as variables, for derivatives of the rules.
Var inverse_deviation(const Var& x, int axis, Real eps) {
  return Real(1) / sqrt(variance(x, axis, true, 0) + eps);
}

Var standardised(const Var& x, int axis, Real eps) {
  return (x - mean(x, axis, true)) * inverse_deviation(x, axis, eps);
}

void expect_eps(Real eps, const char* where) {
  if (!(eps >= 0)) fail_usage(where, "eps ", eps, ", expected at least 0.");
}

}  // namespace

// With s = √(σ² + ε), and n rows: y = w·z + b,
// ∂x = w/s·(g − (Σ g + z·Σ g·z)/n), ∂w = Σ g·z, ∂b = Σ g
Var batch_norm(const Var& x, const Var& weight, const Var& bias, Real eps,
               BatchStatistics* statistics) {
  const Tensor& v = x.value();
  if (v.dimension() != 2 || weight.shape() != Shape{v.shape()[1]} || bias.shape() != weight.shape())
    fail_usage("batch_norm", "takes x (batch,n), weight (n) and bias (n), got ",
               to_string(v.shape()), ", ", to_string(weight.shape()), " and ",
               to_string(bias.shape()), '.');
  expect_eps(eps, "batch_norm");
  const Real n = static_cast<Real>(v.shape()[0]);
  if (n < 2)
    fail_usage("batch_norm", "a batch of ", n,
               " has no variance. Hint: at least 2 samples in each batch, or model.eval().");
  auto [mean, variance, s, z] = standardise(v, 0, n, eps);
  Tensor y = evaluate(*z * weight.value() + bias.value());
  if (statistics) *statistics = {std::move(mean), std::move(variance), n};
  return record("batch_norm", {x, weight, bias}, std::move(y),
                [z = z, s = s, n, eps](auto& d, auto& g, auto in, auto&) {
                  const auto& inverse =
                      d.saved(s, [&] { return inverse_deviation(in[0], 0, eps); });
                  const auto& standard = d.saved(z, [&] { return standardised(in[0], 0, eps); });
                  const auto by_bias = reel::sum(g, 0, true);
                  const auto by_weight = reel::sum(g * standard, 0, true);
                  d.add(2, by_bias);
                  d.add(1, by_weight);
                  if (!d.wants(0)) return;
                  d.add(0, in[1] * inverse * (g - (by_bias + standard * by_weight) / n));
                });
}

// With s = √(σ² + ε), h = g·w, and sums over the n elements of a lane: y = w·z + b,
// ∂x = (h − (Σ h + z·Σ h·z)/n)/s, ∂w = g·z, ∂b = g
Var layer_norm(const Var& x, const Var& weight, const Var& bias, Real eps) {
  const Tensor& v = x.value();
  if (v.dimension() == 0 || weight.shape() != Shape{v.shape().back()} ||
      bias.shape() != weight.shape() || v.shape().back() == 0)
    fail_usage("layer_norm", "takes x (…,n), weight (n) and bias (n) with n of at least 1, got ",
               to_string(v.shape()), ", ", to_string(weight.shape()), " and ",
               to_string(bias.shape()), '.');
  expect_eps(eps, "layer_norm");
  const Real n = static_cast<Real>(v.shape().back());
  const auto [mean, variance, s, z] = standardise(v, -1, n, eps);
  Tensor y = evaluate(*z * weight.value() + bias.value());
  return record("layer_norm", {x, weight, bias}, std::move(y),
                [z = z, s = s, n, eps](auto& d, auto& g, auto in, auto&) {
                  const auto& standard = d.saved(z, [&] { return standardised(in[0], -1, eps); });
                  d.add(2, g);
                  d.add(1, g * standard);
                  if (!d.wants(0)) return;
                  const auto& inverse =
                      d.saved(s, [&] { return inverse_deviation(in[0], -1, eps); });
                  const auto& h = d.materialise(g * in[1]);
                  const auto sum = reel::sum(h, -1, true);
                  const auto along = reel::sum(h * standard, -1, true);
                  d.add(0, (h - (sum + standard * along) / n) * inverse);
                });
}

}  // namespace reel::inline REEL_PRECISION
