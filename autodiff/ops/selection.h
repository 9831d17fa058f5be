// Choices between values: elementwise; operands broadcast; NaN is kept.
#pragma once

#include <concepts>
#include <utility>

#include <reel/autodiff/ops/operands.h>

namespace reel::inline REEL_PRECISION {

/// The larger value, the smaller value; equal values share the gradient evenly.
Var maximum(const Var& a, const Var& b);
/// The smaller value; equal values share the gradient evenly.
Var minimum(const Var& a, const Var& b);
/// x clipped to [low, high]; derivative 1 at both bounds. Throws Error if low > high.
Var clip(const Var& x, Real low, Real high);
/// a where the condition is not 0, b elsewhere.
Var where(const Tensor& condition, const Var& a, const Var& b);

// ---- with a Parameter, a tensor or a number in place of a Var

/// The larger value; see maximum(const Var&, const Var&).
template <class A, class B>
requires VarOperands<A, B> Var maximum(A&& a, B&& b) {
  const Var &x = detail::as_var(a), &y = detail::as_var(b);
  return maximum(x, y);
}
/// The smaller value; see minimum(const Var&, const Var&).
template <class A, class B>
requires VarOperands<A, B> Var minimum(A&& a, B&& b) {
  const Var &x = detail::as_var(a), &y = detail::as_var(b);
  return minimum(x, y);
}
/// The larger value; keeps NaN.
template <class A, class B>
requires TensorOperands<A, B> Tensor maximum(A&& a, B&& b) {
  return maximum(Var(std::forward<A>(a)), Var(std::forward<B>(b))).value();
}
/// The smaller value; keeps NaN.
template <class A, class B>
requires TensorOperands<A, B> Tensor minimum(A&& a, B&& b) {
  return minimum(Var(std::forward<A>(a)), Var(std::forward<B>(b))).value();
}
/// x clipped to [low, high]. Throws Error if low > high.
template <class E, class L, class H>
requires TensorExpression<E> Tensor clip(E&& x, L&& low, H&& high) {
  return clip(Var(std::forward<E>(x)), static_cast<Real>(low), static_cast<Real>(high)).value();
}
/// See where(const Tensor&, const Var&, const Var&).
template <class C, class A, class B>
requires(VarOperands<A, B>&& std::convertible_to<C, Tensor>) Var
    where(C&& condition, A&& a, B&& b) {
  const Tensor chosen(condition);
  const Var &x = detail::as_var(a), &y = detail::as_var(b);
  return where(chosen, x, y);
}

}  // namespace reel::inline REEL_PRECISION
