// Reductions and softmax as plain loops that the compiler vectorises.
#include <algorithm>
#include <cmath>
#include <utility>

#include <reel/autodiff/tensor/evaluate.h>
#include <reel/autodiff/tensor/fold.h>
#include <reel/autodiff/tensor/kernels.h>

namespace reel::inline REEL_PRECISION {
namespace {

using namespace folds;

// Folds each run of neighbouring axes in turn, the last run first; the axes become 1.
template <class F>
Tensor fold_axes(const Tensor& x, const xt::svector<bool, 4>& reduced) {
  Tensor result;
  const Tensor* from = &x;
  for (std::size_t end = reduced.size(); end > 0;) {
    if (!reduced[end - 1]) {
      --end;
      continue;
    }
    std::size_t begin = end;
    while (begin > 0 && reduced[begin - 1]) --begin;
    Shape shape = from->shape();
    const Lanes l = lanes(shape, begin, end);
    std::fill(shape.begin() + static_cast<std::ptrdiff_t>(begin),
              shape.begin() + static_cast<std::ptrdiff_t>(end), std::size_t{1});
    Tensor folded = uninitialized(shape);
    fold_lanes<F>(from->data(), l, folded.data());
    result = std::move(folded);
    from = &result;
    end = begin;
  }
  if (from == &x) return x;
  return result;
}

template <class F>
Tensor reduce(const Tensor& x, const Axes& axes, bool keep_dims, const char* where) {
  Tensor folded = fold_axes<F>(x, axes.mask(x.shape(), where));
  if (keep_dims) return folded;
  return reshape(std::move(folded), reduced_shape(x.shape(), axes, false, where));
}

// Calls f(i) for each row i; the rows have the given number of elements.
template <class F>
void for_rows(std::size_t rows, std::size_t numbers, F f) {
  const std::size_t grain = detail::elements_at_once / std::max<std::size_t>(1, numbers);
  parallel_ranges(rows, std::max<std::size_t>(1, grain), [=](Range some) {
    for (std::size_t i = some.begin; i < some.end; ++i) f(i);
  });
}

// y = f(x, row), for each lane: x and y (outer, n, inner), row (outer, inner)
template <class F>
void over_lanes(const Tensor& x, const Tensor& row, const Lanes& l, Tensor& y, F&& f) {
  const Real* const in = x.data();
  const Real* const r = row.data();
  Real* const out = y.data();
  if (l.inner == 1)
    return for_rows(l.outer, l.n, [=](std::size_t o) {
      for (std::size_t k = o * l.n; k < (o + 1) * l.n; ++k) out[k] = f(in[k], r[o]);
    });
  for_rows(l.outer * l.n, l.inner, [=](std::size_t k) {
    const Real* const from = r + k / l.n * l.inner;
    for (std::size_t i = 0; i < l.inner; ++i)
      out[k * l.inner + i] = f(in[k * l.inner + i], from[i]);
  });
}

}  // namespace

Tensor sum(const Tensor& x, const Axes& axes, bool keep_dims) {
  return reduce<Sum>(x, axes, keep_dims, "sum");
}

Tensor max(const Tensor& x, const Axes& axes, bool keep_dims) {
  if (x.size() == 0 && element_count(reduced_shape(x.shape(), axes, false, "max")) > 0)
    fail_usage("max", "shape ", to_string(x.shape()), " has nothing to take the maximum of.");
  return reduce<Max>(x, axes, keep_dims, "max");
}

Tensor min(const Tensor& x, const Axes& axes, bool keep_dims) {
  if (x.size() == 0 && element_count(reduced_shape(x.shape(), axes, false, "min")) > 0)
    fail_usage("min", "shape ", to_string(x.shape()), " has nothing to take the minimum of.");
  return reduce<Min>(x, axes, keep_dims, "min");
}

Tensor norm(const Tensor& x, const Axes& axes, bool keep_dims) {
  Tensor peak = fold_axes<Max>(evaluate(xt::abs(x)), axes.mask(x.shape(), "norm"));
  for (Real& p : peak.storage()) p = p > 0 && !std::isinf(p) ? p : Real(1);
  const Tensor scaled = evaluate(x / peak);
  const Tensor total = fold_axes<Sum>(evaluate(scaled * scaled), axes.mask(x.shape(), "norm"));
  return reshape(evaluate(peak * xt::sqrt(total)),
                 reduced_shape(x.shape(), axes, keep_dims, "norm"));
}

Tensor cumulative_sum(const Tensor& x, int axis, bool reverse) {
  const Lanes l = lanes(x.shape(), axis, "cumulative_sum");
  Tensor y = x;
  for (std::size_t o = 0; o < l.outer; ++o) {
    Real* lane = y.data() + o * l.n * l.inner;
    for (std::size_t k = 1; k < l.n; ++k) {
      const std::size_t to = reverse ? l.n - 1 - k : k, from = reverse ? to + 1 : k - 1;
      for (std::size_t i = 0; i < l.inner; ++i) lane[to * l.inner + i] += lane[from * l.inner + i];
    }
  }
  return y;
}

Tensor shift_by_max(const Tensor& x, int axis) {
  const Lanes l = lanes(x.shape(), axis, "softmax");
  Tensor y = uninitialized(x.shape());
  if (l.n == 0) return y;
  if (l.inner == 1) {
    const Real* const from = x.data();
    Real* const to = y.data();
    for_rows(l.outer, l.n, [=](std::size_t o) {
      const Real* const row = from + o * l.n;
      const Real most = fold_row<Peak>(row, l.n), peak = std::isinf(most) ? Real(0) : most;
      for (std::size_t k = 0; k < l.n; ++k) to[o * l.n + k] = row[k] - peak;
    });
    return y;
  }
  Tensor peaks = uninitialized({l.outer, l.inner});
  fold_lanes<Peak>(x.data(), l, peaks.data());
  for (Real& p : peaks.storage()) p = std::isinf(p) ? Real(0) : p;
  over_lanes(x, peaks, l, y, [](Real a, Real peak) { return a - peak; });
  return y;
}

Tensor softmax(const Tensor& x, int axis) {
  const Lanes l = lanes(x.shape(), axis, "softmax");
  Tensor y = shift_by_max(x, axis);
  apply_to(y, xt::exp(y));
  over_lanes(y, reel::sum(y, axis, true), l, y, [](Real a, Real total) { return a / total; });
  return y;
}

Tensor log_softmax(const Tensor& x, int axis) {
  const Lanes l = lanes(x.shape(), axis, "log_softmax");
  Tensor y = shift_by_max(x, axis);
  const Tensor totals = evaluate(xt::log(reel::sum(evaluate(xt::exp(y)), axis, true)));
  over_lanes(y, totals, l, y, [](Real a, Real log_total) { return a - log_total; });
  return y;
}

void sum_to(const Tensor& x, Tensor& sum) {
  const Shape& shape = sum.shape();
  if (x.size() > 0 && shape.size() < x.dimension() &&
      std::equal(shape.begin(), shape.end(), x.shape().end() - std::ptrdiff_t(shape.size())))
    fold_lanes<Sum>(x.data(), {1, x.size() / sum.size(), sum.size(), 0}, sum.data());
  else  // the sum is not over leading axes alone, as it is for a bias
    sum = sum_to(x, Shape(shape));
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (broadcast_shape(x.shape(), shape, "sum_to") != x.shape())
    fail_usage("sum_to", to_string(x.shape()), " is not ", to_string(shape), " broadcast.");
  const std::size_t extra = x.dimension() - shape.size();
  xt::svector<bool, 4> stretched(x.dimension(), true);
  for (std::size_t i = 0; i < shape.size(); ++i)
    stretched[extra + i] = shape[i] == 1 && x.shape()[extra + i] != 1;
  return reshape(fold_axes<Sum>(x, stretched), shape);
}

}  // namespace reel::inline REEL_PRECISION
