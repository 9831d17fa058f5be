// Eager computations on tensors, which are not lazy xtensor expressions: reductions, shapes,
// products. Each is the overload for plain tensors of a differentiable operation in ops.h, so that
// a rule can call either. Rules call them with `reel::`, because xtensor has lazy functions of the
// same names.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string_view>

#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {

/// Axes of a tensor; a negative axis counts from the end. `{}` means all axes.
class Axes {
 public:
  Axes() = default;
  /// One axis.
  Axes(int axis) : axes_{axis} {}  // NOLINT: implicit on purpose
  /// These axes.
  Axes(std::initializer_list<int> axes) : axes_(axes) {}
  explicit Axes(std::span<const int> axes) : axes_(axes.begin(), axes.end()) {}

  /// For each axis of `shape`, whether it is one of these axes. Throws Error, in the name of the
  /// operation `where`, for an axis that is out of range or named twice.
  xt::svector<bool, 4> mask(const Shape& shape, std::string_view where) const;
  /// Whether this stands for all axes (`{}`).
  bool all() const { return axes_.empty(); }

 private:
  xt::svector<int, 4> axes_;
};

/// Some neighbouring axes of a tensor in row-major order: the tensor is read as (outer, n, inner),
/// where n is the product of their sizes.
struct Lanes {
  std::size_t outer, n, inner;  ///< the sizes
  std::size_t axis;             ///< the first of these axes, counted from the front
};
/// For axes [begin, end).
Lanes lanes(const Shape& shape, std::size_t begin, std::size_t end);
/// For one axis. Throws Error, in the name of the operation `where`, if there is no such axis.
Lanes lanes(const Shape& shape, int axis, std::string_view where);

/// The position of a new axis in `shape`; −1 is the last. Throws Error if there is no such
/// position.
std::size_t new_axis(const Shape& shape, int axis, std::string_view where);

/// The shape after a reduction over `axes`: their sizes become 1, or the axes disappear if
/// `keep_dims` is false.
Shape reduced_shape(const Shape& shape, const Axes& axes, bool keep_dims, std::string_view where);

/// The sum along these axes.
Tensor sum(const Tensor& x, const Axes& axes = {}, bool keep_dims = false);
/// Both keep NaN, and throw Error if there are no elements.
Tensor max(const Tensor& x, const Axes& axes = {}, bool keep_dims = false);
/// The smallest value along these axes.
Tensor min(const Tensor& x, const Axes& axes = {}, bool keep_dims = false);
/// √Σ x², scaled so that no square over- or underflows.
Tensor norm(const Tensor& x, const Axes& axes = {}, bool keep_dims = false);
/// The sum of all elements up to each element along an axis; if `reverse`, from it on.
Tensor cumulative_sum(const Tensor& x, int axis = -1, bool reverse = false);

/// The n-th derivative of the digamma function ψ at each element.
Tensor polygamma(int n, const Tensor& x);

/// f of each element, and of each broadcast pair of elements; for functions of the C library.
Tensor map_elements(Real (*f)(Real), const Tensor& x);
Tensor map_elements(const char* operation, Real (*f)(Real, Real), const Tensor& a, const Tensor& b);

/// erfc of each element.
Tensor erfc_elements(const Tensor& x);

/// x minus its maximum along an axis (an infinite maximum counts as 0): eˣ of that cannot overflow.
Tensor shift_by_max(const Tensor& x, int axis = -1);
/// eˣ / Σ eˣ along an axis, and the logarithm of it; the maximum is subtracted first.
Tensor softmax(const Tensor& x, int axis = -1);
/// The logarithm of softmax, without its underflow.
Tensor log_softmax(const Tensor& x, int axis = -1);

/// The same values in another shape with the same number of elements.
Tensor reshape(Tensor x, const Shape& shape);
/// The axes in reverse order, or in the given order.
Tensor transpose(const Tensor& x);
Tensor transpose(const Tensor& x, const xt::svector<std::size_t, 4>& order);
/// Repeats x along its axes of size 1, and along new leading axes.
Tensor broadcast_to(const Tensor& x, const Shape& shape);
/// The opposite: sums x over the axes along which broadcast_to would repeat `shape`.
Tensor sum_to(const Tensor& x, const Shape& shape);
/// The same, written to `sum`, which has that shape.
void sum_to(const Tensor& x, Tensor& sum);

// ---- see the operations of the same names in ops.h

/// The parts one after the other along an axis.
Tensor concatenate(std::span<const Tensor* const> parts, int axis);
/// Indices begin, begin + step, … below `end` along an axis.
Tensor slice(const Tensor& x, int axis, std::size_t begin, std::size_t end, std::size_t step = 1);
/// The transpose of `slice`: zeros of this size along the axis, with x at begin, begin + step, …
Tensor embed(const Tensor& x, int axis, std::size_t size, std::size_t begin, std::size_t step = 1);
/// These indices along an axis.
Tensor take(const Tensor& x, std::span<const std::size_t> indices, int axis);
/// The transpose of `take`: adds each slice of x at its index, to zeros of this size.
Tensor scatter_add(const Tensor& x, std::span<const std::size_t> indices, std::size_t size,
                   int axis);

/// y += row, for each row of y (…, n).
void add_row(Tensor& y, const Tensor& row);
/// y = max(0, y + row), for each row of y (…, n); keeps NaN.
void add_row_relu(Tensor& y, const Tensor& row);

/// [M,K]·[K,N] → [M,N], for matrices or batches of matrices; further axes on the left broadcast.
Tensor matmul(const Tensor& a, const Tensor& b);
Tensor matmul(const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b);

}  // namespace reel::inline REEL_PRECISION
