// Axes and shapes, elementwise functions of the C library, batched products, biases.
#include <reel/autodiff/tensor/kernels.h>

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <utility>
#include <xtensor/xmanipulation.hpp>

#include <reel/autodiff/core/error_function.h>
#include <reel/autodiff/tensor/evaluate.h>
#include <reel/autodiff/tensor/fold.h>
#include <reel/autodiff/tensor/gemm.h>
#include <reel/autodiff/tensor/transpose.h>

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

Lanes lanes(const Shape& shape, std::size_t begin, std::size_t end) {
  return {product(shape, 0, begin), product(shape, begin, end), product(shape, end, shape.size()),
          begin};
}

Lanes lanes(const Shape& shape, int axis, std::string_view where) {
  const std::size_t a = normalised(axis, shape.size(), shape, where);
  return lanes(shape, a, a + 1);
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

namespace {

// Calls f(part) for parts of n elements; f calls the C library once for each element.
template <class F>
void for_elements(std::size_t n, F f) {
  constexpr std::size_t calls_at_once = 1 << 11;  // takes about ten microseconds
  parallel_ranges(n, calls_at_once, f);
}

}  // namespace

Tensor map_elements(Real (*f)(Real), const Tensor& x) {
  Tensor y = uninitialized(x.shape());
  for_elements(x.size(), [&](Range some) {
    std::transform(x.data() + some.begin, x.data() + some.end, y.data() + some.begin, f);
  });
  return y;
}

Tensor erfc_elements(const Tensor& x) {
  Tensor y = uninitialized(x.shape());
  for_elements(x.size(), [&](Range some) {
    complementary_error({x.data() + some.begin, some.size()}, {y.data() + some.begin, some.size()});
  });
  return y;
}

Tensor map_elements(const char* operation, Real (*f)(Real, Real), const Tensor& a,
                    const Tensor& b) {
  const Shape shape = broadcast_shape(a.shape(), b.shape(), operation);
  const Tensor x = broadcast_to(a, shape), y = broadcast_to(b, shape);
  Tensor z = uninitialized(shape);
  for_elements(z.size(), [&](Range some) {
    std::transform(x.data() + some.begin, x.data() + some.end, y.data() + some.begin,
                   z.data() + some.begin, f);
  });
  return z;
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

namespace {

// Copies the numbers of a tensor of shape `from` to one of shape `to`, which `from` broadcasts to.
class Repetition {
 public:
  Repetition(const Shape& from, const Shape& to) : from_(to.size() - from.size(), 1), to_(to) {
    from_.insert(from_.end(), from.begin(), from.end());
    for (; equal_ > 0 && from_[equal_ - 1] == to_[equal_ - 1]; --equal_) block_ *= to_[equal_ - 1];
  }
  void copy(const Real* x, Real* y) const { copy(x, y, 0); }

 private:
  // (from[axis], …) → (to[axis], …); moves x and y to their ends.
  void copy(const Real*& x, Real*& y, std::size_t axis) const {
    if (axis == equal_) {
      y = std::copy_n(x, block_, y);
      x += block_;
    } else if (from_[axis] == to_[axis]) {
      for (std::size_t i = 0; i < to_[axis]; ++i) copy(x, y, axis + 1);
    } else {
      const Real* const first = y;
      copy(x, y, axis + 1);
      const auto size = static_cast<std::size_t>(y - first);
      const std::size_t more = to_[axis] - 1;
      if (size == 1)
        y = std::fill_n(y, more, *first);
      else
        for (std::size_t i = 0; i < more; ++i) y = std::copy_n(first, size, y);
    }
  }

  Shape from_, to_;
  std::size_t equal_ = to_.size();  // from this axis on, the sizes are equal
  std::size_t block_ = 1;           // the numbers of these axes
};

}  // namespace

Tensor broadcast_to(const Tensor& x, const Shape& shape) {
  if (broadcast_shape(x.shape(), shape, "broadcast_to") != shape)
    fail_usage("broadcast_to", to_string(x.shape()), " does not broadcast to ", to_string(shape),
               '.');
  if (x.shape() == shape) return x;
  element_count(shape);  // throws if there are too many
  if (x.size() == 1) return full(shape, *x.data());
  Tensor y = uninitialized(shape);
  if (y.size() > 0) Repetition(x.shape(), shape).copy(x.data(), y.data());
  return y;
}

namespace {

// The index of the matrix, in a batch of this shape, that is broadcast to matrix i of `batches`.
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
  // if the right side is a single matrix, the rows of all matrices on the left form one matrix
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
  parallel_ranges(y.size(), grain, [=](Range part) {
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
