// The operands of operators and functions: a Var or Parameter beside a Var, a Parameter, a tensor
// or a number.
#pragma once

#include <concepts>
#include <type_traits>

#include <reel/autodiff/engine/var.h>

namespace reel::inline REEL_PRECISION {

/// A Var or a Parameter.
template <class T>
concept Differentiable =
    std::same_as<std::remove_cvref_t<T>, Var> || std::same_as<std::remove_cvref_t<T>, Parameter>;

/// Anything that a Var can be made from.
template <class T>
concept VarOrTensor = std::convertible_to<T, Var> || TensorExpression<T>;

// These templates must have this form. xtensor's operators and functions accept any type beside a
// tensor; overload resolution prefers to them only a constrained template of the same form.

/// A Var or Parameter beside a Var, a Parameter, a tensor or a number.
template <class A, class B>
concept VarOperands = (Differentiable<A> || Differentiable<B>)&&VarOrTensor<A>&& VarOrTensor<B>;

// Functions of tensors that xtensor has as well, with another meaning: its `round` takes halves
// away from 0, its `maximum` loses NaN. Reel's compute a tensor.

/// A tensor or a lazy expression beside another one or a number.
template <class A, class B>
concept TensorOperands = (TensorExpression<A> || TensorExpression<B>)&&!Differentiable<A> &&
                         !Differentiable<B> && VarOrTensor<A> && VarOrTensor<B>;

namespace detail {

// A Var itself, which is not copied, or a new one.
template <class T>
decltype(auto) as_var(const T& x) {
  if constexpr (std::is_same_v<T, Var>)
    return (x);
  else if constexpr (std::is_arithmetic_v<T>)
    return Var(static_cast<Real>(x));
  else
    return Var(x);
}

}  // namespace detail
}  // namespace reel::inline REEL_PRECISION
