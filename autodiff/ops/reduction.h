// Reductions; `{}` is all axes.
#pragma once

#include <span>
#include <tuple>
#include <utility>

#include <reel/autodiff/engine/var.h>
#include <reel/autodiff/tensor/kernels.h>

namespace reel::inline REEL_PRECISION {

/// The sum along these axes; along all without axes.
Var sum(const Var& x, const Axes& axes = {}, bool keep_dims = false);
/// Throws Error if there are no elements.
Var mean(const Var& x, const Axes& axes = {}, bool keep_dims = false);
/// 1 if there are no elements. Derivatives of any order are right for zeros as well.
Var product(const Var& x, const Axes& axes = {}, bool keep_dims = false);
/// Equal values share the gradient evenly. Throws Error if there are no elements.
Var max(const Var& x, const Axes& axes = {}, bool keep_dims = false);
/// The smallest value along the axes; equal values share the gradient evenly.
Var min(const Var& x, const Axes& axes = {}, bool keep_dims = false);
/// Σ (x − mean)² / (n − correction): unbiased by default. Throws Error unless n > correction.
Var variance(const Var& x, const Axes& axes = {}, bool keep_dims = false, Real correction = 1);
/// The square root of the variance; derivative 0 where it is 0.
Var standard_deviation(const Var& x, const Axes& axes = {}, bool keep_dims = false,
                       Real correction = 1);
/// √Σ x², without overflow or underflow; derivative 0 where it is 0.
Var norm(const Var& x, const Axes& axes = {}, bool keep_dims = false);
/// log Σ eˣ; finite for any finite x.
Var logsumexp(const Var& x, const Axes& axes = {}, bool keep_dims = false);
/// Replaces each element by the sum of all elements up to it along an axis; if `reverse`, from it
/// on.
Var cumulative_sum(const Var& x, int axis = -1, bool reverse = false);

// ---- of tensors

namespace detail {
template <class E>
Tensor variance_of(E&& x, const Axes& axes = {}, bool keep_dims = false) {
  return variance(Var(std::forward<E>(x)), axes, keep_dims).value();
}
}  // namespace detail

/// xtensor divides by n, and reads an integer as the correction. Its forms take an evaluation
/// strategy as the last argument.
#define REEL_STRATEGY std::tuple<xt::evaluation_strategy::lazy_type>
/// The mean squared distance from the mean, with n − 1 in the denominator; see variance of a Var.
template <class T = void, class E, class S = REEL_STRATEGY, XTL_REQUIRES(xt::is_reducer_options<S>)>
requires TensorExpression<E> Tensor variance(E&& x, S = S()) {
  return detail::variance_of(std::forward<E>(x));
}
/// The mean squared distance from the mean, with n − 1 in the denominator; see variance of a Var.
template <class T = void, class E, class D, class S = REEL_STRATEGY,
          XTL_REQUIRES(xt::is_reducer_options<S>, xtl::is_integral<D>)>
requires TensorExpression<E> Tensor variance(E&& x, D const& axis, S = S()) {
  return detail::variance_of(std::forward<E>(x), static_cast<int>(axis));
}
/// The mean squared distance from the mean, with n − 1 in the denominator; see variance of a Var.
template <class T = void, class E, class X, class S = REEL_STRATEGY,
          XTL_REQUIRES(xtl::negation<xt::is_reducer_options<X>>,
                       xtl::negation<xtl::is_integral<std::decay_t<X>>>, xt::is_reducer_options<S>)>
requires TensorExpression<E> Tensor variance(E&& x, X&& axes, S = S()) {
  return detail::variance_of(std::forward<E>(x), axes);
}
/// The mean squared distance from the mean, with n − 1 in the denominator; see variance of a Var.
template <class T = void, class E, class A, std::size_t N, class S = REEL_STRATEGY,
          XTL_REQUIRES(xt::is_reducer_options<S>)>
requires TensorExpression<E> Tensor variance(E&& x, const A (&axes)[N], S = S()) {
  return detail::variance_of(std::forward<E>(x), Axes(std::span<const int>(axes)));
}
#undef REEL_STRATEGY

}  // namespace reel::inline REEL_PRECISION
