// Eager computations on tensors that are no lazy xtensor expressions: reductions, shapes, products.
// Each is the overload for plain tensors of a differentiable operation in ops.h, so that a rule can
// call either; in a rule they are written with `reel::`, since xtensor has lazy functions of the
// same names.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>

#include <reel/autodiff/tensor.h>

namespace reel::inline REEL_PRECISION {

/// Axes of a tensor; a negative one counts from the end. `{}` is all of them.
class Axes {
 public:
  Axes() = default;
  Axes(int axis) : axes_{axis} {}  // NOLINT: implicit on purpose
  Axes(std::initializer_list<int> axes) : axes_(axes) {}

  /// For each axis of `shape`, whether it is one of these. Throws Error, in the name of the
  /// operation `where`, for an axis out of range or named twice.
  xt::svector<bool, 4> mask(const Shape& shape, std::string_view where) const;

 private:
  xt::svector<int, 4> axes_;
};

/// An axis as the middle of three: a tensor is read as (outer, n, inner) in row-major order.
struct Lanes {
  std::size_t outer, n, inner;
};
/// Throws Error, in the name of the operation `where`, if there is no such axis.
Lanes lanes(const Shape& shape, int axis, std::string_view where);

/// The shape after a reduction over `axes`: they become 1, or go if `keep_dims` is false.
Shape reduced_shape(const Shape& shape, const Axes& axes, bool keep_dims, std::string_view where);

Tensor sum(const Tensor& x, const Axes& axes = {}, bool keep_dims = false);
/// Keeps NaN. Throws Error if there is nothing to take the maximum of.
Tensor max(const Tensor& x, const Axes& axes = {}, bool keep_dims = false);

/// x less its maximum along an axis (an infinite one counts as 0): eˣ of that cannot overflow.
Tensor shift_by_max(const Tensor& x, int axis = -1);
/// eˣ / Σ eˣ along an axis, and its logarithm; the maximum is subtracted first.
Tensor softmax(const Tensor& x, int axis = -1);
Tensor log_softmax(const Tensor& x, int axis = -1);

/// The same values in another shape of as many elements.
Tensor reshape(Tensor x, const Shape& shape);
/// The axes reversed, or in the order given.
Tensor transpose(const Tensor& x);
Tensor transpose(const Tensor& x, const xt::svector<std::size_t, 4>& order);
/// x repeated along its axes of size 1, and along new leading ones.
Tensor broadcast_to(const Tensor& x, const Shape& shape);
/// The opposite: x summed over the axes along which `shape` would be repeated.
Tensor sum_to(const Tensor& x, const Shape& shape);

/// [M,K]·[K,N] → [M,N].
Tensor matmul(const Tensor& a, const Tensor& b);
Tensor matmul(const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b);

}  // namespace reel::inline REEL_PRECISION
