// The list of all differentiable operations, by section. Each is defined in a file of this folder,
// next to its derivative.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>
#include <type_traits>

#include <reel/autodiff/engine/var.h>
#include <reel/autodiff/tensor/kernels.h>
#include <reel/autodiff/tensor/linear_algebra.h>

namespace reel::inline REEL_PRECISION {

// ---- arithmetic (ops/arithmetic.cpp): elementwise, operands broadcast by NumPy's rule

Var add(const Var& a, const Var& b);
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

// ---- selection (ops/selection.cpp): elementwise, operands broadcast; NaN is kept

/// The larger value, the smaller value; equal values share the gradient evenly.
Var maximum(const Var& a, const Var& b);
Var minimum(const Var& a, const Var& b);
/// x clipped to [low, high]; derivative 1 at both bounds. Throws Error if low > high.
Var clip(const Var& x, Real low, Real high);
/// a where the condition is not 0, b elsewhere.
Var where(const Tensor& condition, const Var& a, const Var& b);

// ---- elementary functions (ops/elementary.cpp)

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

// ---- the gamma function (ops/gamma.cpp)

Var lgamma(const Var& x);   ///< log |Γ(x)|
Var tgamma(const Var& x);   ///< Γ(x)
Var digamma(const Var& x);  ///< the logarithmic derivative ψ(x) of Γ
/// ψ⁽ⁿ⁾(x), the n-th derivative of ψ. For n > 0 and x < 0 the time grows in proportion to −x.
/// Throws Error for n below 0 or above 100.
Var polygamma(int n, const Var& x);

// ---- trigonometric and hyperbolic functions (ops/trigonometric.cpp); angles in radians

Var sin(const Var& x);
Var cos(const Var& x);
Var tan(const Var& x);
Var asin(const Var& x);
Var acos(const Var& x);
Var atan(const Var& x);
Var sinh(const Var& x);
Var cosh(const Var& x);
Var tanh(const Var& x);
Var asinh(const Var& x);
Var acosh(const Var& x);
Var atanh(const Var& x);

// ---- activations (ops/activation.cpp)

Var sigmoid(const Var& x);                              ///< 1 / (1 + e⁻ˣ)
Var log_sigmoid(const Var& x);                          ///< finite for any finite x
Var softplus(const Var& x);                             ///< log(1 + eˣ); finite for any finite x
Var relu(const Var& x);                                 ///< max(0, x); derivative 0 at 0; keeps NaN
Var leaky_relu(const Var& x, Real slope = Real(0.01));  ///< slope·x for x ≤ 0
Var elu(const Var& x, Real alpha = 1);                  ///< α(eˣ − 1) for x ≤ 0
Var selu(const Var& x);                                 ///< λ·elu(x, α), Klambauer et al. 2017
Var gelu(const Var& x);                                 ///< x·Φ(x), Φ the CDF of N(0, 1)
Var gelu_tanh(const Var& x);                            ///< gelu approximated by tanh
Var silu(const Var& x);                                 ///< x·sigmoid(x), also called swish
Var mish(const Var& x);                                 ///< x·tanh(softplus(x))
Var softsign(const Var& x);                             ///< x / (1 + |x|)
Var hard_tanh(const Var& x);                            ///< x clipped to [−1, 1]
Var hard_sigmoid(const Var& x);                         ///< x/6 + ½ clipped to [0, 1]
Var hard_swish(const Var& x);                           ///< x·hard_sigmoid(x)
/// The maximum of each group of `pieces` neighbouring columns: (batch, units·pieces) → (batch,
/// units); equal values share the gradient evenly.
Var maxout(const Var& x, std::size_t pieces);
/// eˣ / Σ eˣ along an axis, and the logarithm of it; finite for any finite x.
Var softmax(const Var& x, int axis = -1);
Var log_softmax(const Var& x, int axis = -1);

// ---- reductions (ops/reduction.cpp); `{}` is all axes

Var sum(const Var& x, const Axes& axes = {}, bool keep_dims = false);
/// Throws Error if there are no elements.
Var mean(const Var& x, const Axes& axes = {}, bool keep_dims = false);
/// 1 if there are no elements. Derivatives of any order are right for zeros as well.
Var product(const Var& x, const Axes& axes = {}, bool keep_dims = false);
/// Equal values share the gradient evenly. Throws Error if there are no elements.
Var max(const Var& x, const Axes& axes = {}, bool keep_dims = false);
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

// ---- shapes (ops/shape.cpp)

Var reshape(const Var& x, const Shape& shape);
/// The axes in reverse order, or in the given order.
Var transpose(const Var& x);
Var transpose(const Var& x, const Shape& order);
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

// ---- parts (ops/slices.cpp): joining and selecting along an axis

/// Throws Error unless all axes except the joined one agree.
Var concatenate(std::span<const Var> parts, int axis = 0);
Var concatenate(std::initializer_list<Var> parts, int axis = 0);
/// Joins parts of the same shape along a new axis.
Var stack(std::span<const Var> parts, int axis = 0);
Var stack(std::initializer_list<Var> parts, int axis = 0);
/// Elements begin, begin + step, … before end. Throws Error unless begin ≤ end ≤ the axis' size.
Var slice(const Var& x, int axis, std::size_t begin, std::size_t end, std::size_t step = 1);
/// The opposite of slice: puts x at begin, begin + step, … of an axis of `size` zeros.
Var embed(const Var& x, int axis, std::size_t size, std::size_t begin, std::size_t step = 1);
/// The elements at these indices, in their order; an index may occur several times.
Var take(const Var& x, std::span<const std::size_t> indices, int axis = 0);
Var take(const Var& x, std::initializer_list<std::size_t> indices, int axis = 0);
/// The opposite of take: element i of x is added to element indices[i] of an axis of `size` zeros.
Var scatter_add(const Var& x, std::span<const std::size_t> indices, std::size_t size, int axis = 0);
/// Repeats each element `count` times in a row.
Var repeat(const Var& x, std::size_t count, int axis = 0);

// ---- matrix products (ops/product.cpp)

/// [M,K]·[K,N] → [M,N]. A vector on the left counts as a row, a vector on the right as a column;
/// the result has no axis for it. Further axes on the left are batches, and broadcast.
Var matmul(const Var& a, const Var& b);
/// The same for matrices and batches of matrices. An operand is transposed first if its flag is
/// set.
Var matmul(const Var& a, bool transpose_a, const Var& b, bool transpose_b);
/// The inner product Σ aᵢbᵢ of two vectors; the outer product, the matrix aᵢbⱼ.
Var dot(const Var& a, const Var& b);
Var outer(const Var& a, const Var& b);
/// x·Wᵀ + b: x (batch, in), W (out, in), b (out) → (batch, out).
Var affine(const Var& x, const Var& weight, const Var& bias);
/// relu(affine(x, weight, bias)) as one operation; saves one pass over memory forward and backward.
Var affine_relu(const Var& x, const Var& weight, const Var& bias);

// ---- linear algebra (ops/linear_algebra.cpp): of one matrix; throws Error for any other shape

/// The diagonal of a matrix (n, m), min(n, m) elements; the sum of the diagonal.
Var diagonal(const Var& x);
Var trace(const Var& x);
/// Throws Error for a singular matrix; solve and the derivative of determinant do so too.
Var inverse(const Var& x);
/// A⁻¹·b for A (n, n) and b (n) or (n, m).
Var solve(const Var& a, const Var& b);
Var determinant(const Var& x);
/// log |det x|. Throws Error for a singular matrix.
Var log_determinant(const Var& x);
/// The lower triangle L with L·Lᵀ = x. Reads the lower triangle of x; the gradient is symmetric.
/// Throws Error if x is not positive definite.
Var cholesky(const Var& x);

// ---- normalisation (ops/normalization.cpp)

/// The statistics of each feature over a batch; each tensor is (1, n).
struct BatchStatistics {
  Tensor mean;
  Tensor variance;  ///< biased: the mean square of the distance from the mean
  Real rows;
};
/// (x − mean)/√(variance + eps)·weight + bias with the statistics of this batch, which are written
/// to `statistics`: x (batch, n), weight and bias (n). Throws Error for fewer than two rows.
Var batch_norm(const Var& x, const Var& weight, const Var& bias, Real eps = Real(1e-5),
               BatchStatistics* statistics = nullptr);

// ---- losses (ops/loss.cpp): one number for a batch. Throws Error for the mean of no elements

enum class Reduction { mean, sum };

struct CrossEntropyOptions {
  Reduction reduction = Reduction::mean;  ///< the mean divides by the total weight of the labels
  Real label_smoothing = 0;               ///< ε: the share that is spread evenly over all classes
  Tensor class_weights = {};              ///< (classes); empty: all 1
  std::optional<Label> ignored = {};      ///< samples with this label are left out
};

/// −log softmax(logits)[label], over the batch: logits (batch, classes). Throws Error if the
/// numbers of labels and rows differ, if a label is outside 0 … classes − 1, or if all are ignored.
Var softmax_cross_entropy(const Var& logits, std::span<const Label> labels,
                          Reduction reduction = Reduction::mean);
Var softmax_cross_entropy(const Var& logits, std::span<const Label> labels,
                          const CrossEntropyOptions& options);
/// The same for log-probabilities: −log p[label].
Var negative_log_likelihood(const Var& log_probabilities, std::span<const Label> labels,
                            const CrossEntropyOptions& options = {});
/// −z·log σ(x) − (1 − z)·log(1 − σ(x)) for logits x and targets z in [0, 1] of the same shape.
Var binary_cross_entropy(const Var& logits, const Var& target,
                         Reduction reduction = Reduction::mean);
/// For predictions and targets of the same shape, without broadcasting: (p − t)²; |p − t|; and ½(p
/// − t)² up to |p − t| = delta, linear beyond.
Var squared_error(const Var& prediction, const Var& target, Reduction reduction = Reduction::mean);
Var absolute_error(const Var& prediction, const Var& target, Reduction reduction = Reduction::mean);
Var huber(const Var& prediction, const Var& target, Real delta = 1,
          Reduction reduction = Reduction::mean);
/// t·(log t − log p), 0 where t is 0, for log-probabilities log p and probabilities t. Sums over
/// the last axis; the mean is over the other axes.
Var kl_divergence(const Var& log_prediction, const Var& target,
                  Reduction reduction = Reduction::mean);
/// max(0, 1 − t·p) for scores p and targets t of −1 or 1.
Var hinge(const Var& prediction, const Var& target, Reduction reduction = Reduction::mean);

// ---- operations without a derivative

/// The same value as a constant: no gradient flows through it.
inline Var stop_gradient(const Var& x) { return x.shared(); }

// ---- operators: a Var or Parameter with a Var, a Parameter, a tensor or a number

template <class T>
concept Differentiable =
    std::same_as<std::remove_cvref_t<T>, Var> || std::same_as<std::remove_cvref_t<T>, Parameter>;

// These templates must have this form. xtensor's operators and functions accept any type beside a
// tensor; overload resolution prefers to them only a constrained template of the same form.
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

template <class A, class S, class Tag = void*>
requires(Differentiable<A>&& std::convertible_to<S, Shape>) Var
    transpose(A&& x, S&& order, Tag = Tag()) {
  const Var v = x;
  const Shape axes = order;
  return transpose(v, axes);
}
template <class A, class B>
requires VarOperands<A, B> Var maximum(A&& a, B&& b) {
  const Var x = detail::as_var(a), y = detail::as_var(b);
  return maximum(x, y);
}
template <class A, class B>
requires VarOperands<A, B> Var minimum(A&& a, B&& b) {
  const Var x = detail::as_var(a), y = detail::as_var(b);
  return minimum(x, y);
}
template <class A, class B>
requires VarOperands<A, B> Var pow(A&& x, B&& p) {
  const Var base = detail::as_var(x), exponent = detail::as_var(p);
  return pow(base, exponent);
}
template <class A, class B>
requires VarOperands<A, B> Var hypot(A&& a, B&& b) {
  const Var x = detail::as_var(a), y = detail::as_var(b);
  return hypot(x, y);
}
template <class A, class B>
requires VarOperands<A, B> Var atan2(A&& y, B&& x) {
  const Var above = detail::as_var(y), along = detail::as_var(x);
  return atan2(above, along);
}
template <class C, class A, class B>
requires(VarOperands<A, B>&& std::convertible_to<C, Tensor>) Var
    where(C&& condition, A&& a, B&& b) {
  const Tensor chosen(condition);
  const Var x = detail::as_var(a), y = detail::as_var(b);
  return where(chosen, x, y);
}

}  // namespace reel::inline REEL_PRECISION
