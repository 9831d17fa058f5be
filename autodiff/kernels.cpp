// Reductions, shapes and softmax as plain loops that the compiler vectorises.
#include <reel/autodiff/kernels.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <xtensor/xbroadcast.hpp>
#include <xtensor/xmanipulation.hpp>

#include <reel/autodiff/evaluate.h>
#include <reel/autodiff/fold.h>
#include <reel/autodiff/gemm.h>
#include <reel/autodiff/transpose.h>

namespace reel::inline REEL_PRECISION {
namespace {

using namespace folds;

std::size_t normalised(int axis, std::size_t dimension, const Shape& shape,
                       std::string_view where) {
  const auto count = static_cast<std::ptrdiff_t>(dimension);
  if (axis < -count || axis >= count)
    fail_usage(where, "axis ", axis, " is out of range for shape ", to_string(shape), '.');
  return static_cast<std::size_t>(axis < 0 ? axis + count : axis);
}

std::size_t product(const Shape& shape, std::size_t from, std::size_t to) {
  return std::accumulate(shape.begin() + static_cast<std::ptrdiff_t>(from),
                         shape.begin() + static_cast<std::ptrdiff_t>(to), std::size_t{1},
                         std::multiplies<>());
}

// Folds one run of neighbouring axes after the other, the last one first; they become 1.
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
    const Lanes l{product(shape, 0, begin), product(shape, begin, end),
                  product(shape, end, shape.size()), begin};
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

// f(i) for each of many rows, of so many numbers.
template <class F>
void for_rows(std::size_t rows, std::size_t numbers, F f) {
  const std::size_t grain = detail::elements_at_once / std::max<std::size_t>(1, numbers);
  parallel_shares(rows, std::max<std::size_t>(1, grain), [=](Share some) {
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

xt::svector<bool, 4> Axes::mask(const Shape& shape, std::string_view where) const {
  xt::svector<bool, 4> mask(shape.size(), axes_.empty());
  for (const int axis : axes_) {
    bool& flag = mask[normalised(axis, shape.size(), shape, where)];
    if (flag) fail_usage(where, "axis ", axis, " is named twice.");
    flag = true;
  }
  return mask;
}

Lanes lanes(const Shape& shape, int axis, std::string_view where) {
  const std::size_t a = normalised(axis, shape.size(), shape, where);
  return {product(shape, 0, a), shape[a], product(shape, a + 1, shape.size()), a};
}

std::size_t new_axis(const Shape& shape, int axis, std::string_view where) {
  const int count = static_cast<int>(shape.size()) + 1;
  if (axis < -count || axis >= count)
    fail_usage(where, "position ", axis, " is out of range for shape ", to_string(shape), '.');
  return static_cast<std::size_t>(axis < 0 ? axis + count : axis);
}

Shape reduced_shape(const Shape& shape, const Axes& axes, bool keep_dims, std::string_view where) {
  const auto reduced = axes.mask(shape, where);
  Shape result;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (!reduced[i])
      result.push_back(shape[i]);
    else if (keep_dims)
      result.push_back(1);
  return result;
}

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

namespace {

// f(part) for parts of n elements, each of which takes a call of the C library.
template <class F>
void for_elements(std::size_t n, F f) {
  constexpr std::size_t calls_at_once = 1 << 11;  // some ten microseconds
  parallel_shares(n, calls_at_once, f);
}

}  // namespace

Tensor map_elements(Real (*f)(Real), const Tensor& x) {
  Tensor y = uninitialized(x.shape());
  for_elements(x.size(), [&](Share some) {
    std::transform(x.data() + some.begin, x.data() + some.end, y.data() + some.begin, f);
  });
  return y;
}

Tensor map_elements(const char* operation, Real (*f)(Real, Real), const Tensor& a,
                    const Tensor& b) {
  const Shape shape = broadcast_shape(a.shape(), b.shape(), operation);
  const Tensor x = broadcast_to(a, shape), y = broadcast_to(b, shape);
  Tensor z = uninitialized(shape);
  for_elements(z.size(), [&](Share some) {
    std::transform(x.data() + some.begin, x.data() + some.end, y.data() + some.begin,
                   z.data() + some.begin, f);
  });
  return z;
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

Tensor reshape(Tensor x, const Shape& shape) {
  if (element_count(shape) != x.size())
    fail_usage("reshape", to_string(x.shape()), " has ", x.size(), " elements, ", to_string(shape),
               " takes ", element_count(shape), '.');
  x.reshape(shape);
  return x;
}

Tensor transpose(const Tensor& x) {
  if (x.dimension() != 2) return x.dimension() < 2 ? x : Tensor(xt::transpose(x));
  const std::size_t rows = x.shape()[0], columns = x.shape()[1];
  Tensor y = uninitialized({columns, rows});
  raw_transpose(x.data(), columns, rows, columns, y.data(), rows);
  return y;
}

Tensor transpose(const Tensor& x, const xt::svector<std::size_t, 4>& order) {
  xt::svector<bool, 4> seen(x.dimension(), false);
  bool valid = order.size() == x.dimension();
  for (const std::size_t axis : order) {
    valid = valid && axis < seen.size() && !seen[axis];
    if (valid) seen[axis] = true;
  }
  if (!valid)
    fail_usage("transpose", "the order ", to_string(order), " is no permutation of the axes of ",
               to_string(x.shape()), '.');
  return xt::transpose(x, order);
}

Tensor broadcast_to(const Tensor& x, const Shape& shape) {
  if (broadcast_shape(x.shape(), shape, "broadcast_to") != shape)
    fail_usage("broadcast_to", to_string(x.shape()), " does not broadcast to ", to_string(shape),
               '.');
  if (x.shape() == shape) return x;
  element_count(shape);  // throws if there are too many
  if (x.size() == 1) return full(shape, *x.data());
  return xt::broadcast(x, shape);
}

void sum_to(const Tensor& x, Tensor& sum) {
  const Shape& shape = sum.shape();
  if (x.size() > 0 && shape.size() < x.dimension() &&
      std::equal(shape.begin(), shape.end(), x.shape().end() - std::ptrdiff_t(shape.size())))
    fold_lanes<Sum>(x.data(), {1, x.size() / sum.size(), sum.size(), 0}, sum.data());
  else  // not over leading axes alone, as of a bias
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

namespace {

// The matrix of a batch of this shape that number i of the batches it is broadcast to comes from.
std::size_t source(std::size_t i, const Shape& batches, const Shape& shape) {
  std::size_t from = 0, stride = 1;
  for (std::size_t axis = shape.size(), end = batches.size(); axis-- > 0; stride *= shape[axis]) {
    const std::size_t size = batches[--end];
    if (shape[axis] != 1) from += i % size * stride;
    i /= size;
  }
  return from;
}

Tensor matmul_batches(const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b) {
  const Shape batches_a(a.shape().begin(), a.shape().end() - 2);
  const Shape batches_b(b.shape().begin(), b.shape().end() - 2);
  const std::size_t rows_a = a.shape()[batches_a.size()], columns_a = a.shape().back();
  const std::size_t rows_b = b.shape()[batches_b.size()], columns_b = b.shape().back();
  const std::size_t m = transpose_a ? columns_a : rows_a, k = transpose_a ? rows_a : columns_a;
  const std::size_t n = transpose_b ? rows_b : columns_b;
  if (k != (transpose_b ? columns_b : rows_b))
    fail_usage("matmul", "inner dimensions differ: ", to_string(a.shape()), transpose_a ? "ᵀ" : "",
               " × ", to_string(b.shape()), transpose_b ? "ᵀ" : "", '.');
  const Shape batches = broadcast_shape(batches_a, batches_b, "matmul");
  Shape shape = batches;
  shape.push_back(m);
  shape.push_back(n);
  if (k == 0) return zeros(shape);
  Tensor c = uninitialized(shape);
  if (c.size() == 0) return c;
  const std::size_t count = element_count(batches);
  // the rows of all matrices on the left are one matrix, if there is one matrix on the right
  const std::size_t joined = batches_b.empty() && !transpose_a ? count : 1;
  for (std::size_t i = 0; i < count; i += joined)
    raw_gemm(transpose_a, transpose_b, m * joined, n, k,
             a.data() + source(i, batches, batches_a) * m * k, columns_a,
             b.data() + source(i, batches, batches_b) * k * n, columns_b, 0, c.data() + i * m * n,
             n);
  return c;
}

}  // namespace

namespace {

// y = f(y + row), for each row of y
template <class F>
void apply_with_row(Tensor& y, const Tensor& row, F f) {
  const Real* from = row.data();
  std::size_t n = row.size();
  std::array<Real, several * few> rows;
  if (n == 0) return;
  if (n <= few && y.size() >= 2 * several * n) {
    for (std::size_t k = 0; k < several; ++k) std::copy_n(from, n, rows.data() + k * n);
    from = rows.data();
    n *= several;
  }
  Real* const to = y.data();
  const std::size_t grain = std::max<std::size_t>(1, detail::elements_at_once / n) * n;
  parallel_shares(y.size(), grain, [=](Share part) {
    std::size_t i = part.begin;
    for (; i + n <= part.end; i += n)
      for (std::size_t j = 0; j < n; ++j) to[i + j] = f(to[i + j] + from[j]);
    for (std::size_t j = 0; i < part.end; ++i, ++j) to[i] = f(to[i] + from[j]);
  });
}

}  // namespace

void add_row(Tensor& y, const Tensor& row) {
  apply_with_row(y, row, [](Real x) { return x; });
}

void add_row_relu(Tensor& y, const Tensor& row) {
  apply_with_row(y, row, [](Real x) { return x < 0 ? Real(0) : x; });
}

Tensor matmul(const Tensor& a, const Tensor& b) { return matmul(a, false, b, false); }

Tensor matmul(const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b) {
  if (std::max(a.dimension(), b.dimension()) > 2 && std::min(a.dimension(), b.dimension()) >= 2)
    return matmul_batches(a, transpose_a, b, transpose_b);
  Tensor c;
  gemm(a, transpose_a, b, transpose_b, 0, c);
  return c;
}

}  // namespace reel::inline REEL_PRECISION
