// The gamma function and its logarithmic derivatives.
#pragma once

#include <utility>

#include <reel/autodiff/ops/operands.h>

namespace reel::inline REEL_PRECISION {

Var lgamma(const Var& x);   ///< log |Γ(x)|
Var tgamma(const Var& x);   ///< Γ(x)
Var digamma(const Var& x);  ///< the logarithmic derivative ψ(x) of Γ
/// ψ⁽ⁿ⁾(x), the n-th derivative of ψ. For n > 0 and x < 0 the time grows in proportion to −x.
/// Throws Error for n below 0 or above 100.
Var polygamma(int n, const Var& x);

// ---- of tensors

/// log |Γ(x)|
template <class E>
requires TensorExpression<E> Tensor lgamma(E&& x) {
  return lgamma(Var(std::forward<E>(x))).value();
}
/// Γ(x)
template <class E>
requires TensorExpression<E> Tensor tgamma(E&& x) {
  return tgamma(Var(std::forward<E>(x))).value();
}

}  // namespace reel::inline REEL_PRECISION
