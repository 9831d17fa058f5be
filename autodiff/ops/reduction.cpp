// Reductions over axes. `kept` is the shape with the reduced axes as 1; g broadcasts from that
// shape.
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/piecewise.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/autodiff/ops/selection.h>
#include <reel/autodiff/ops/shape.h>
#include <reel/autodiff/ops/slices.h>

namespace reel::inline REEL_PRECISION {
namespace {

// The number of elements that a reduction combines into each result.
Real reduced_count(const Shape& shape, const Axes& axes, const char* where) {
  const auto reduced = axes.mask(shape, where);
  Real count = 1;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (reduced[i]) count *= Real(shape[i]);
  return count;
}

Var centred(const Var& x, const Axes& axes) { return x - mean(x, axes, true); }

// The unbiased count n − correction, for the operation `where`.
Real degrees_of_freedom(const Var& x, const Axes& axes, Real correction, const char* where) {
  const Real n = reduced_count(x.shape(), axes, where);
  if (!(n > correction))
    fail_usage(where, "shape ", to_string(x.shape()), " has ", n,
               " elements for each result, and the correction is ", correction, '.');
  return n - correction;
}

// The elements of a lane that equal its extreme get equal weights, which add up to 1.
SharedTensor weights_of(const Tensor& x, const Tensor& extreme, const Axes& axes) {
  const Tensor hit = evaluate(is_equal(x, extreme));
  return hit / reel::sum(hit, axes, true);
}

// ∂x = [x = y], shared evenly among equal elements
auto extreme_rule(const Axes& axes, const Shape& kept) {
  return [axes, kept](auto& d, auto& g, auto in, auto& y) {
    const SharedTensor weights =
        weights_of(value_of(in[0]), reel::reshape(value_of(y), kept), axes);
    d.add(0, reel::reshape(g, kept) * d.constant(weights));
  };
}

// The product along one axis, which becomes 1: multiplies the two halves until one element is left.
Var fold_product(Var x, int axis) {
  const auto a = static_cast<std::size_t>(axis);
  if (x.shape()[a] == 0) return 1 + sum(x, axis, true);
  while (x.shape()[a] > 1) {
    const std::size_t n = x.shape()[a], half = n / 2;
    const Var folded = slice(x, axis, 0, half) * slice(x, axis, half, 2 * half);
    x = n % 2 ? concatenate({folded, slice(x, axis, n - 1, n)}, axis) : folded;
  }
  return x;
}

}  // namespace

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
  const Real weight = 1 / reduced_count(x.shape(), axes, "mean");
  return record("mean", {x}, weight * reel::sum(x.value(), axes, keep_dims),
                [kept, weight](auto& d, auto& g, auto in, auto&) {
                  d.add(0, reel::broadcast_to(reel::reshape(weight * g, kept), in[0].shape()));
                });
}

Var product(const Var& x, const Axes& axes, bool keep_dims) {
  const auto reduced = axes.mask(x.shape(), "product");
  Var y = x;
  for (std::size_t i = 0; i < reduced.size(); ++i)
    if (reduced[i]) y = fold_product(y, static_cast<int>(i));
  return reshape(y, reduced_shape(x.shape(), axes, keep_dims, "product"));
}

Var max(const Var& x, const Axes& axes, bool keep_dims) {
  return record("max", {x}, reel::max(x.value(), axes, keep_dims),
                extreme_rule(axes, reduced_shape(x.shape(), axes, true, "max")));
}

Var min(const Var& x, const Axes& axes, bool keep_dims) {
  return record("min", {x}, reel::min(x.value(), axes, keep_dims),
                extreme_rule(axes, reduced_shape(x.shape(), axes, true, "min")));
}

Var variance(const Var& x, const Axes& axes, bool keep_dims, Real correction) {
  const Real n = degrees_of_freedom(x, axes, correction, "variance");
  return sum(square(centred(x, axes)), axes, keep_dims) / n;
}

Var standard_deviation(const Var& x, const Axes& axes, bool keep_dims, Real correction) {
  const Real n = degrees_of_freedom(x, axes, correction, "standard_deviation");
  return norm(centred(x, axes), axes, keep_dims) / std::sqrt(n);
}

Var norm(const Var& x, const Axes& axes, bool keep_dims) {  // ∂x = g·x/y, 0 where y = 0
  const Shape kept = reduced_shape(x.shape(), axes, true, "norm");
  return record(
      "norm", {x}, reel::norm(x.value(), axes, keep_dims),
      [kept](auto& d, auto& g, auto in, auto& y) {
        const auto g_kept = reel::reshape(g, kept), y_kept = reel::reshape(y, kept);
        d.add(0, g_kept * (Real(1) - is_zero(y_kept)) * (in[0] / (y_kept + is_zero(y_kept))));
      });
}

Var logsumexp(const Var& x, const Axes& axes, bool keep_dims) {  // ∂x = g·eˣ⁻ʸ
  const Shape kept = reduced_shape(x.shape(), axes, true, "logsumexp");
  const Tensor& v = x.value();
  if (v.size() == 0 && element_count(kept) > 0)
    fail_usage("logsumexp", "shape ", to_string(v.shape()), " has nothing to sum.");
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

Var cumulative_sum(const Var& x, int axis, bool reverse) {  // ∂x = g, summed from the other end
  return record("cumulative_sum", {x}, reel::cumulative_sum(x.value(), axis, reverse),
                [axis, reverse](auto& d, auto& g, auto, auto&) {
                  d.add(0, reel::cumulative_sum(g, axis, !reverse));
                });
}

}  // namespace reel::inline REEL_PRECISION
