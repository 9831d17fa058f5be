// Normalisation over a batch, whose rows may be shared by several threads.
#include <algorithm>
#include <cmath>
#include <vector>

#include <reel/autodiff/core/collective.h>
#include <reel/autodiff/ops.h>
#include <reel/autodiff/tape.h>

namespace reel::inline REEL_PRECISION {
namespace {

// The sums over the whole batch, of which these are this thread's rows'; `rows` likewise.
Tensor over_batch(const char* what, Tensor sums, Real* rows = nullptr) {
  const Collective::Member* const members = Collective::Member::current();
  if (!members) return sums;
  thread_local std::vector<double> values;
  values.assign(sums.begin(), sums.end());
  values.push_back(rows ? *rows : 0);
  members->sum(what, values);
  std::transform(values.begin(), values.end() - 1, sums.begin(), [](double v) { return Real(v); });
  if (rows) *rows = static_cast<Real>(values.back());
  return sums;
}
const Var& over_batch(const char*, const Var& sums) { return sums; }

// Recorded from this thread's rows, so they must be all.
Var inverse_deviation(const Var& x, Real eps) {
  if (Collective::Member::current())
    fail_usage("batch_norm",
               "a gradient of a gradient would need the rows of other threads. Hint: one thread.");
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
  Real n = static_cast<Real>(v.shape()[0]);
  const Tensor sums = over_batch("batch_norm's values", reel::sum(v, 0, true), &n);
  if (n < 2)
    fail_usage("batch_norm", "a batch of ", n,
               " has no variance. Hint: at least 2 samples in each batch, or model.eval().");
  const Tensor mean = sums / n;
  const Tensor centred = evaluate(v - mean);
  const Tensor variance =
      over_batch("batch_norm's squares", reel::sum(evaluate(xt::square(centred)), 0, true)) / n;
  const SharedTensor s = evaluate(Real(1) / xt::sqrt(variance + eps));
  const SharedTensor z = evaluate(centred * *s);
  if (statistics) *statistics = {mean, variance, n};
  return record("batch_norm", {x, weight, bias}, evaluate(*z * weight.value() + bias.value()),
                [z, s, n, eps](auto& d, auto& g, auto in, auto&) {
                  const auto& inverse = d.known(s, [&] { return inverse_deviation(in[0], eps); });
                  const auto& standard = d.known(z, [&] {
                    return (in[0] - reel::mean(in[0], 0, true)) * inverse_deviation(in[0], eps);
                  });
                  const auto by_bias = reel::sum(g, 0, true);
                  const auto by_weight = reel::sum(g * standard, 0, true);
                  d.add(2, by_bias);
                  d.add(1, by_weight);
                  if (!d.wants(0)) return;
                  const auto all_by_bias = over_batch("batch_norm's g", by_bias);
                  const auto all_by_weight = over_batch("batch_norm's g·z", by_weight);
                  d.add(0, in[1] * inverse * (g - (all_by_bias + standard * all_by_weight) / n));
                });
}

}  // namespace reel::inline REEL_PRECISION
