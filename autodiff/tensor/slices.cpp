// Copies parts of tensors: runs along an axis, with the tensor read as (outer, n, inner).
#include <algorithm>

#include <reel/autodiff/tensor/kernels.h>

namespace reel::inline REEL_PRECISION {
namespace {

// The shape with another size along one axis.
Shape resized(Shape shape, std::size_t axis, std::size_t size) {
  shape[axis] = size;
  return shape;
}

void check_range(const char* where, const Shape& shape, std::size_t axis, std::size_t begin,
                 std::size_t end, std::size_t step) {
  if (step == 0) fail_usage(where, "the step is 0, expected at least 1.");
  if (begin > end || end > shape[axis])
    fail_usage(where, begin, " … ", end, " is no part of axis ", axis, " of ", to_string(shape),
               was_negative(begin) || was_negative(end)
                   ? ". Hint: positions count from the start; a negative one is not possible."
                   : ".");
}

void check_indices(const char* where, std::span<const std::size_t> indices, std::size_t size) {
  for (const std::size_t i : indices)
    if (i >= size)
      fail_usage(where, "index ", i, " is not below the axis' size ", size,
                 was_negative(i) ? ". Hint: indices count from the start; a negative one is not "
                                   "possible."
                                 : ".");
}

}  // namespace

Tensor concatenate(std::span<const Tensor* const> parts, int axis) {
  if (parts.empty()) fail_usage("concatenate", "there is nothing to join.");
  const std::size_t a = lanes(parts[0]->shape(), axis, "concatenate").axis;
  std::size_t size = 0;
  for (const Tensor* part : parts) {
    const Shape& shape = part->shape();
    if (shape.size() != parts[0]->dimension() ||
        resized(shape, a, 0) != resized(parts[0]->shape(), a, 0))
      fail_usage("concatenate", to_string(parts[0]->shape()), " and ", to_string(shape),
                 " differ in an axis other than ", a, '.');
    size += shape[a];
  }
  Tensor y = uninitialized(resized(parts[0]->shape(), a, size));
  const std::size_t outer = lanes(y.shape(), axis, "concatenate").outer;
  Real* to = y.data();
  for (std::size_t o = 0; o < outer; ++o)
    for (const Tensor* part : parts) {
      const std::size_t run = part->size() / outer;
      to = std::copy_n(part->data() + o * run, run, to);
    }
  return y;
}

Tensor slice(const Tensor& x, int axis, std::size_t begin, std::size_t end, std::size_t step) {
  const Lanes l = lanes(x.shape(), axis, "slice");
  check_range("slice", x.shape(), l.axis, begin, end, step);
  const std::size_t count = begin == end ? 0 : (end - begin - 1) / step + 1;
  Tensor y = uninitialized(resized(x.shape(), l.axis, count));
  const std::size_t run = step == 1 ? count * l.inner : l.inner;  // copies neighbours together
  Real* to = y.data();
  for (std::size_t o = 0; o < l.outer; ++o)
    for (std::size_t k = 0; k < (step == 1 ? 1 : count); ++k)
      to = std::copy_n(x.data() + (o * l.n + begin + k * step) * l.inner, run, to);
  return y;
}

Tensor embed(const Tensor& x, int axis, std::size_t size, std::size_t begin, std::size_t step) {
  const Lanes l = lanes(x.shape(), axis, "embed");
  const Shape shape = resized(x.shape(), l.axis, size);
  check_range("embed", shape, l.axis, begin, size, step);
  if (l.n > 0 && (begin == size || l.n - 1 > (size - begin - 1) / step))
    fail_usage("embed", l.n, " elements from ", begin, " on in steps of ", step, " don't fit into ",
               size, '.');
  Tensor y = zeros(shape);
  for (std::size_t o = 0; o < l.outer; ++o)
    for (std::size_t k = 0; k < l.n; ++k)
      std::copy_n(x.data() + (o * l.n + k) * l.inner, l.inner,
                  y.data() + (o * size + begin + k * step) * l.inner);
  return y;
}

Tensor take(const Tensor& x, std::span<const std::size_t> indices, int axis) {
  const Lanes l = lanes(x.shape(), axis, "take");
  check_indices("take", indices, l.n);
  Tensor y = uninitialized(resized(x.shape(), l.axis, indices.size()));
  Real* to = y.data();
  for (std::size_t o = 0; o < l.outer; ++o)
    for (const std::size_t i : indices)
      to = std::copy_n(x.data() + (o * l.n + i) * l.inner, l.inner, to);
  return y;
}

Tensor scatter_add(const Tensor& x, std::span<const std::size_t> indices, std::size_t size,
                   int axis) {
  const Lanes l = lanes(x.shape(), axis, "scatter_add");
  if (indices.size() != l.n)
    fail_usage("scatter_add", indices.size(), " indices for axis ", l.axis, " of ",
               to_string(x.shape()), '.');
  check_indices("scatter_add", indices, size);
  Tensor y = zeros(resized(x.shape(), l.axis, size));
  const Real* from = x.data();
  for (std::size_t o = 0; o < l.outer; ++o)
    for (const std::size_t i : indices) {
      Real* to = y.data() + (o * size + i) * l.inner;
      for (std::size_t j = 0; j < l.inner; ++j) to[j] += from[j];
      from += l.inner;
    }
  return y;
}

}  // namespace reel::inline REEL_PRECISION
