// Elementary functions.
#pragma once

#include <utility>

#include <reel/autodiff/ops/operands.h>

namespace reel::inline REEL_PRECISION {

Var exp(const Var& x);         ///< eˣ
Var exp2(const Var& x);        ///< 2ˣ
Var expm1(const Var& x);       ///< eˣ − 1
Var log(const Var& x);         ///< the natural logarithm
Var log2(const Var& x);        ///< to the base 2
Var log10(const Var& x);       ///< to the base 10
Var log1p(const Var& x);       ///< log(1 + x)
Var sqrt(const Var& x);        ///< √x
Var cbrt(const Var& x);        ///< ∛x, also of negative numbers
Var square(const Var& x);      ///< x²
Var reciprocal(const Var& x);  ///< 1/x
Var abs(const Var& x);         ///< derivative 0 at 0
Var erf(const Var& x);         ///< 2/√π ∫₀ˣ e^−t² dt
Var erfc(const Var& x);        ///< 1 − erf x
/// Piecewise constant: the derivative is 0 everywhere.
Var sign(const Var& x);
Var floor(const Var& x);  ///< rounded down; derivative 0
Var ceil(const Var& x);   ///< rounded up; derivative 0
Var round(const Var& x);  ///< halves go to the even neighbour
Var trunc(const Var& x);  ///< rounded towards 0; derivative 0

// ---- of tensors

/// 2/√π ∫₀ˣ e^−t² dt
template <class E>
requires TensorExpression<E> Tensor erf(E&& x) { return erf(Var(std::forward<E>(x))).value(); }
/// 1 − erf x
template <class E>
requires TensorExpression<E> Tensor erfc(E&& x) { return erfc(Var(std::forward<E>(x))).value(); }
/// 1, 0 or −1; keeps NaN.
template <class E>
requires TensorExpression<E> Tensor sign(E&& x) { return sign(Var(std::forward<E>(x))).value(); }
/// Halves go to the even neighbour.
template <class E>
requires TensorExpression<E> Tensor round(E&& x) { return round(Var(std::forward<E>(x))).value(); }

}  // namespace reel::inline REEL_PRECISION
