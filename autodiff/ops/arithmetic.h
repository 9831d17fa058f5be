// Arithmetic: elementwise; operands broadcast by NumPy's rule.
#pragma once

#include <utility>

#include <reel/autodiff/ops/operands.h>

namespace reel::inline REEL_PRECISION {

Var add(const Var& a, const Var& b);  ///< a + b
/// Warns if a column (n, 1) and a vector (n) give an (n, n) matrix, which is rarely intended.
Var subtract(const Var& a, const Var& b);  ///< a − b
Var multiply(const Var& a, const Var& b);  ///< a·b
Var divide(const Var& a, const Var& b);    ///< a / b
/// xᵖ, differentiable with respect to both.
Var pow(const Var& x, const Var& p);
/// √(a² + b²); derivative 0 at 0.
Var hypot(const Var& a, const Var& b);
/// The angle of the point (x, y), in (−π, π].
Var atan2(const Var& y, const Var& x);
Var negate(const Var& x);  ///< −x

// ---- with a Parameter, a tensor or a number in place of a Var

/// a + b
template <class A, class B>
requires VarOperands<A, B> Var operator+(A&& a, B&& b) {
  return add(detail::as_var(a), detail::as_var(b));
}
/// a − b
template <class A, class B>
requires VarOperands<A, B> Var operator-(A&& a, B&& b) {
  return subtract(detail::as_var(a), detail::as_var(b));
}
/// a·b, elementwise; see matmul for matrices.
template <class A, class B>
requires VarOperands<A, B> Var operator*(A&& a, B&& b) {
  return multiply(detail::as_var(a), detail::as_var(b));
}
/// a / b
template <class A, class B>
requires VarOperands<A, B> Var operator/(A&& a, B&& b) {
  return divide(detail::as_var(a), detail::as_var(b));
}
/// a = a + b: a is a new variable afterwards.
template <class B>
requires VarOperands<Var, B> Var& operator+=(Var& a, const B& b) { return a = a + b; }
/// a = a − b
template <class B>
requires VarOperands<Var, B> Var& operator-=(Var& a, const B& b) { return a = a - b; }
/// a = a·b
template <class B>
requires VarOperands<Var, B> Var& operator*=(Var& a, const B& b) { return a = a * b; }
/// a = a / b
template <class B>
requires VarOperands<Var, B> Var& operator/=(Var& a, const B& b) { return a = a / b; }
/// −a
template <class A>
requires Differentiable<A> Var operator-(A&& a) { return negate(a); }
/// xᵖ; see pow(const Var&, const Var&).
template <class A, class B>
requires VarOperands<A, B> Var pow(A&& x, B&& p) {
  const Var &base = detail::as_var(x), &exponent = detail::as_var(p);
  return pow(base, exponent);
}
/// √(a² + b²)
template <class A, class B>
requires VarOperands<A, B> Var hypot(A&& a, B&& b) {
  const Var &x = detail::as_var(a), &y = detail::as_var(b);
  return hypot(x, y);
}
/// The angle of the point (x, y), in (−π, π].
template <class A, class B>
requires VarOperands<A, B> Var atan2(A&& y, B&& x) {
  const Var &above = detail::as_var(y), &along = detail::as_var(x);
  return atan2(above, along);
}

// ---- of tensors

/// xᵖ
template <class A, class B>
requires TensorOperands<A, B> Tensor pow(A&& x, B&& p) {
  return pow(Var(std::forward<A>(x)), Var(std::forward<B>(p))).value();
}
/// √(a² + b²)
template <class A, class B>
requires TensorOperands<A, B> Tensor hypot(A&& a, B&& b) {
  return hypot(Var(std::forward<A>(a)), Var(std::forward<B>(b))).value();
}
/// The angle of the point (x, y), in (−π, π].
template <class A, class B>
requires TensorOperands<A, B> Tensor atan2(A&& y, B&& x) {
  return atan2(Var(std::forward<A>(y)), Var(std::forward<B>(x))).value();
}

}  // namespace reel::inline REEL_PRECISION
