// Arithmetic: elementwise; operands broadcast by NumPy's rule.
#pragma once

#include <utility>

#include <reel/autodiff/ops/operands.h>

namespace reel::inline REEL_PRECISION {

Var add(const Var& a, const Var& b);
/// Warns if a column (n, 1) and a vector (n) give an (n, n) matrix, which is rarely intended.
Var subtract(const Var& a, const Var& b);
Var multiply(const Var& a, const Var& b);
Var divide(const Var& a, const Var& b);
/// xᵖ, differentiable with respect to both.
Var pow(const Var& x, const Var& p);
/// √(a² + b²); derivative 0 at 0.
Var hypot(const Var& a, const Var& b);
/// The angle of the point (x, y), in (−π, π].
Var atan2(const Var& y, const Var& x);
Var negate(const Var& x);

// ---- with a Parameter, a tensor or a number in place of a Var

template <class A, class B>
requires VarOperands<A, B> Var operator+(A&& a, B&& b) {
  return add(detail::as_var(a), detail::as_var(b));
}
template <class A, class B>
requires VarOperands<A, B> Var operator-(A&& a, B&& b) {
  return subtract(detail::as_var(a), detail::as_var(b));
}
template <class A, class B>
requires VarOperands<A, B> Var operator*(A&& a, B&& b) {
  return multiply(detail::as_var(a), detail::as_var(b));
}
template <class A, class B>
requires VarOperands<A, B> Var operator/(A&& a, B&& b) {
  return divide(detail::as_var(a), detail::as_var(b));
}
template <class B>
requires VarOperands<Var, B> Var& operator+=(Var& a, const B& b) { return a = a + b; }
template <class B>
requires VarOperands<Var, B> Var& operator-=(Var& a, const B& b) { return a = a - b; }
template <class B>
requires VarOperands<Var, B> Var& operator*=(Var& a, const B& b) { return a = a * b; }
template <class B>
requires VarOperands<Var, B> Var& operator/=(Var& a, const B& b) { return a = a / b; }
template <class A>
requires Differentiable<A> Var operator-(A&& a) { return negate(a); }
template <class A, class B>
requires VarOperands<A, B> Var pow(A&& x, B&& p) {
  const Var &base = detail::as_var(x), &exponent = detail::as_var(p);
  return pow(base, exponent);
}
template <class A, class B>
requires VarOperands<A, B> Var hypot(A&& a, B&& b) {
  const Var &x = detail::as_var(a), &y = detail::as_var(b);
  return hypot(x, y);
}
template <class A, class B>
requires VarOperands<A, B> Var atan2(A&& y, B&& x) {
  const Var &above = detail::as_var(y), &along = detail::as_var(x);
  return atan2(above, along);
}

// ---- of tensors

template <class A, class B>
requires TensorOperands<A, B> Tensor pow(A&& x, B&& p) {
  return pow(Var(std::forward<A>(x)), Var(std::forward<B>(p))).value();
}
template <class A, class B>
requires TensorOperands<A, B> Tensor hypot(A&& a, B&& b) {
  return hypot(Var(std::forward<A>(a)), Var(std::forward<B>(b))).value();
}
template <class A, class B>
requires TensorOperands<A, B> Tensor atan2(A&& y, B&& x) {
  return atan2(Var(std::forward<A>(y)), Var(std::forward<B>(x))).value();
}

}  // namespace reel::inline REEL_PRECISION
