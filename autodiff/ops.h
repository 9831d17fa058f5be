// Every differentiable operation. Each is defined in ops/, its derivative beside it.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>

#include <reel/autodiff/kernels.h>
#include <reel/autodiff/var.h>

namespace reel::inline REEL_PRECISION {

// ---- arithmetic (ops/arithmetic.cpp): elementwise, operands broadcast by NumPy's rule

Var add(const Var& a, const Var& b);
Var subtract(const Var& a, const Var& b);
Var multiply(const Var& a, const Var& b);
Var divide(const Var& a, const Var& b);
/// The larger of both; equal ones share the gradient evenly, NaN is kept.
Var maximum(const Var& a, const Var& b);
/// xᵖ, differentiable by both.
Var pow(const Var& x, const Var& p);
Var negate(const Var& x);

// ---- elementary functions (ops/elementary.cpp)

Var exp(const Var& x);
Var log(const Var& x);
Var sqrt(const Var& x);
Var square(const Var& x);
Var abs(const Var& x);  ///< derivative 0 at 0

// ---- activations (ops/activation.cpp)

Var tanh(const Var& x);
Var sigmoid(const Var& x);                              ///< 1 / (1 + e⁻ˣ)
Var relu(const Var& x);                                 ///< max(0, x); derivative 0 at 0; keeps NaN
Var leaky_relu(const Var& x, Real slope = Real(0.01));  ///< slope·x for x ≤ 0
Var elu(const Var& x, Real alpha = 1);                  ///< α(eˣ − 1) for x ≤ 0
/// The largest of each `pieces` neighbouring columns: (batch, units·pieces) → (batch, units); ties
/// share the gradient evenly.
Var maxout(const Var& x, std::size_t pieces);
/// eˣ / Σ eˣ along an axis, and its logarithm; finite for any finite x.
Var softmax(const Var& x, int axis = -1);
Var log_softmax(const Var& x, int axis = -1);

// ---- reductions (ops/reduction.cpp); `{}` is all axes

Var sum(const Var& x, const Axes& axes = {}, bool keep_dims = false);
/// Throws Error if there is nothing to take the mean of.
Var mean(const Var& x, const Axes& axes = {}, bool keep_dims = false);
/// log Σ eˣ; finite for any finite x.
Var logsumexp(const Var& x, const Axes& axes = {}, bool keep_dims = false);

// ---- shapes (ops/shape.cpp)

Var reshape(const Var& x, const Shape& shape);
/// The axes reversed, or in the order given.
Var transpose(const Var& x);
Var transpose(const Var& x, const Shape& order);
Var broadcast_to(const Var& x, const Shape& shape);
/// The opposite of broadcast_to: x summed over the axes along which `shape` would be repeated.
Var sum_to(const Var& x, const Shape& shape);

// ---- linear algebra (ops/linear.cpp)

/// [M,K]·[K,N] → [M,N]; a vector on the left is a row, on the right a column, and its axis is
/// dropped from the result.
Var matmul(const Var& a, const Var& b);
/// The same for matrices, transposed first where the flag beside the operand is set.
Var matmul(const Var& a, bool transpose_a, const Var& b, bool transpose_b);
/// x·Wᵀ + b: x (batch, in), W (out, in), b (out) → (batch, out).
Var affine(const Var& x, const Var& weight, const Var& bias);

// ---- losses (ops/loss.cpp)

enum class Reduction { mean, sum };

/// −log softmax(logits)[label], over the batch: logits (batch, classes). Throws Error if there are
/// not as many labels as rows, for a label outside 0 … classes − 1, and for the mean of an empty
/// batch.
Var softmax_cross_entropy(const Var& logits, std::span<const Label> labels,
                          Reduction reduction = Reduction::mean);
/// (prediction − target)², over all elements; both of one shape: nothing is broadcast.
Var squared_error(const Var& prediction, const Var& target, Reduction reduction = Reduction::mean);

// ---- operators: a Var or Parameter with another, a tensor or a number

template <class T>
concept Differentiable =
    std::same_as<std::remove_cvref_t<T>, Var> || std::same_as<std::remove_cvref_t<T>, Parameter>;

// The form of these templates matters: xtensor's operators and functions take any type beside a
// tensor, and only a template of the same form with a constraint is preferred to them.
template <class A, class B>
concept VarOperands =
    (Differentiable<A> ||
     Differentiable<B>)&&std::convertible_to<A, Var>&& std::convertible_to<B, Var>;

namespace detail {

template <class T>
Var as_var(const T& x) {
  if constexpr (std::is_arithmetic_v<T>)
    return Var(static_cast<Real>(x));
  else
    return Var(x);
}

}  // namespace detail

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
template <class A>
requires Differentiable<A> Var operator-(A&& a) { return negate(a); }

template <class A, class B>
requires VarOperands<A, B> Var maximum(A&& a, B&& b) {
  const Var x = detail::as_var(a), y = detail::as_var(b);
  return maximum(x, y);
}
template <class A, class B>
requires VarOperands<A, B> Var pow(A&& x, B&& p) {
  const Var base = detail::as_var(x), exponent = detail::as_var(p);
  return pow(base, exponent);
}

}  // namespace reel::inline REEL_PRECISION
