// Reductions over axes. `kept` is the shape with the reduced axes as 1: what g broadcasts back
// from.
#include <reel/autodiff/ops.h>
#include <reel/autodiff/tape.h>

namespace reel::inline REEL_PRECISION {

Var sum(const Var& x, const Axes& axes, bool keep_dims) {  // ∂x = g, repeated
  const Shape kept = reduced_shape(x.shape(), axes, true, "sum");
  return record("sum", {x}, reel::sum(x.value(), axes, keep_dims),
                [kept](auto& d, auto& g, auto in, auto&) {
                  d.add(0, reel::broadcast_to(reel::reshape(g, kept), in[0].shape()));
                });
}

Var mean(const Var& x, const Axes& axes, bool keep_dims) {  // ∂x = g/n, repeated
  const Shape kept = reduced_shape(x.shape(), axes, true, "mean");
  if (x.value().size() == 0 && element_count(kept) > 0)
    fail_usage("mean", "shape ", to_string(x.shape()), " has nothing to take the mean of.");
  const std::size_t results = element_count(kept);
  const Real share = results ? Real(results) / Real(x.value().size()) : 0;
  return record("mean", {x}, share * reel::sum(x.value(), axes, keep_dims),
                [kept, share](auto& d, auto& g, auto in, auto&) {
                  d.add(0, reel::broadcast_to(reel::reshape(share * g, kept), in[0].shape()));
                });
}

Var logsumexp(const Var& x, const Axes& axes, bool keep_dims) {  // ∂x = g·eˣ⁻ʸ
  const Shape kept = reduced_shape(x.shape(), axes, true, "logsumexp");
  const Tensor& v = x.value();
  Tensor peak = reel::max(v, axes, true);
  for (Real& p : peak.storage()) p = std::isinf(p) ? Real(0) : p;
  const Tensor total = reel::sum(evaluate(xt::exp(v - peak)), axes, true);
  return record(
      "logsumexp", {x},
      reel::reshape(peak + xt::log(total),
                    keep_dims ? kept : reduced_shape(v.shape(), axes, false, "logsumexp")),
      [kept](auto& d, auto& g, auto in, auto& y) {
        const auto g_kept = reel::reshape(g, kept), y_kept = reel::reshape(y, kept);
        d.add(0, g_kept * exp(in[0] - y_kept));
      });
}

}  // namespace reel::inline REEL_PRECISION
