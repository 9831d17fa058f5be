// Elementary functions.
#pragma once

#include <utility>

#include <reel/autodiff/ops/operands.h>

namespace reel::inline REEL_PRECISION {

Var exp(const Var& x);
Var exp2(const Var& x);
Var expm1(const Var& x);  ///< eˣ − 1
Var log(const Var& x);
Var log2(const Var& x);
Var log10(const Var& x);
Var log1p(const Var& x);  ///< log(1 + x)
Var sqrt(const Var& x);
Var cbrt(const Var& x);
Var square(const Var& x);
Var reciprocal(const Var& x);
Var abs(const Var& x);   ///< derivative 0 at 0
Var erf(const Var& x);   ///< 2/√π ∫₀ˣ e^−t² dt
Var erfc(const Var& x);  ///< 1 − erf x
/// Piecewise constant: the derivative is 0 everywhere.
Var sign(const Var& x);
Var floor(const Var& x);
Var ceil(const Var& x);
Var round(const Var& x);  ///< halves go to the even neighbour
Var trunc(const Var& x);

// ---- of tensors

template <class E>
requires TensorExpression<E> Tensor erf(E&& x) { return erf(Var(std::forward<E>(x))).value(); }
template <class E>
requires TensorExpression<E> Tensor erfc(E&& x) { return erfc(Var(std::forward<E>(x))).value(); }
template <class E>
requires TensorExpression<E> Tensor sign(E&& x) { return sign(Var(std::forward<E>(x))).value(); }
template <class E>
requires TensorExpression<E> Tensor round(E&& x) { return round(Var(std::forward<E>(x))).value(); }

}  // namespace reel::inline REEL_PRECISION
