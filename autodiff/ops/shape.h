// Shapes: the same elements in other axes.
#pragma once

#include <concepts>

#include <reel/autodiff/ops/operands.h>
#include <reel/autodiff/tensor/kernels.h>

namespace reel::inline REEL_PRECISION {

/// The same elements in row-major order. Throws Error if their number does not match the shape.
Var reshape(const Var& x, const Shape& shape);
/// The axes in reverse order, or in the given order.
Var transpose(const Var& x);
Var transpose(const Var& x, const Shape& order);
/// Repeats x along its axes of size 1, and along new leading axes.
Var broadcast_to(const Var& x, const Shape& shape);
/// The opposite of broadcast_to: sums x over the axes along which broadcast_to would repeat
/// `shape`.
Var sum_to(const Var& x, const Shape& shape);
/// All elements in one axis.
Var flatten(const Var& x);
/// Removes the named axes, which must have size 1; if none is named, removes all axes of size 1.
Var squeeze(const Var& x, const Axes& axes = {});
/// Adds a new axis of size 1 before position `axis`; −1 adds it at the end.
Var expand_dims(const Var& x, int axis);

// ---- with a Parameter, a tensor or a number in place of a Var

/// See transpose(const Var&, const Shape&).
template <class A, class S, class Tag = void*>
requires(Differentiable<A>&& std::convertible_to<S, Shape>) Var
    transpose(A&& x, S&& order, Tag = Tag()) {
  const Var& v = detail::as_var(x);
  const Shape axes = order;
  return transpose(v, axes);
}

}  // namespace reel::inline REEL_PRECISION
