// Evaluates lazy expressions into tensors, in one vectorised pass.
//
// xtensor's own assignment does the same. Reel does not use it for functions of tensors and
// numbers, because it costs about three times the compile time and, on small tensors, the run time.
// An operand that is broadcast is repeated first.
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <reel/autodiff/core/range.h>
#include <reel/autodiff/tensor/kernels.h>
#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {
namespace detail {

// Whether an expression is made of functions, tensors and numbers.
template <class E>
inline constexpr bool is_elementwise = std::is_same_v<E, Tensor>;
template <class T>
inline constexpr bool is_elementwise<xt::xscalar<T>> = true;
template <class F, class... Operands>
inline constexpr bool is_elementwise<xt::xfunction<F, Operands...>> =
    (is_elementwise<std::remove_cvref_t<Operands>> && ...);

// Whether it is such a function, and no tensor.
template <class E>
inline constexpr bool is_function = is_elementwise<E> && !std::is_same_v<E, Tensor>;

inline bool same(const Shape& a, const Shape& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i]) return false;
  return true;
}

// Sets `shape` to the common shape of all tensors in an expression; it is null before the first
// tensor. Returns false if the shapes differ, or if the expression contains anything else.
inline bool agree(const Shape*& shape, const Tensor& x) {
  if (!shape) shape = &x.shape();
  return shape == &x.shape() || same(*shape, x.shape());
}
template <class T>
bool agree(const Shape*&, const xt::xscalar<T>&) {
  return true;
}
template <class F, class... Operands>
bool agree(const Shape*& shape, const xt::xfunction<F, Operands...>& e) {
  return std::apply([&](const auto&... operands) { return (agree(shape, operands) && ...); },
                    e.arguments());
}

// Broadcasts `shape` with the shapes of all tensors in an expression.
inline void widen(Shape& shape, const Tensor& x) {
  shape = broadcast_shape(shape, x.shape(), "evaluate");
}
template <class T>
void widen(Shape&, const xt::xscalar<T>&) {}
template <class F, class... Operands>
void widen(Shape& shape, const xt::xfunction<F, Operands...>& e) {
  std::apply([&](const auto&... operands) { (widen(shape, operands), ...); }, e.arguments());
}

template <class E>
inline constexpr std::size_t tensors_in = std::is_same_v<E, Tensor> ? 1 : 0;
template <class F, class... Operands>
inline constexpr std::size_t tensors_in<xt::xfunction<F, Operands...>> =
    (tensors_in<std::remove_cvref_t<Operands>> + ...);

using Copies = std::vector<Tensor, memory::Allocator<Tensor>>;

// The same expression of tensors that all have this shape. `copies` receives the repeated tensors,
// and must have room for `tensors_in` of them.
inline const Tensor& repeated(const Tensor& x, const Shape& shape, Copies& copies) {
  if (same(x.shape(), shape)) return x;
  return copies.emplace_back(broadcast_to(x, shape));
}
template <class T>
xt::xscalar<T> repeated(const xt::xscalar<T>& x, const Shape&, Copies&) {
  return x;
}
template <class F, class... Operands>
auto repeated(const xt::xfunction<F, Operands...>& e, const Shape& shape, Copies& copies) {
  return std::apply(
      [&](const auto&... operands) {
        return xt::xfunction<F, decltype(repeated(operands, shape, copies))...>(
            e.functor(), repeated(operands, shape, copies)...);
      },
      e.arguments());
}

// out[i] = e[i], or out[i] += e[i], in a range; e is an E whose tensors have the shape of `out`.
template <bool add, class E>
void compute(Real* out, const void* expression, Range range) {
  const E& e = *static_cast<const E*>(expression);
  std::size_t i = range.begin;
  if constexpr (xt::xassign_traits<Tensor, E>::simd_linear_assign()) {
    using Batch = xsimd::batch<Real>;
    for (; i + Batch::size <= range.end; i += Batch::size) {
      Batch x = e.template load_simd<xsimd::unaligned_mode, Real>(i);
      if constexpr (add) x += Batch::load_unaligned(out + i);
      x.store_unaligned(out + i);
    }
  }
  for (; i < range.end; ++i) {
    const auto x = static_cast<Real>(e.data_element(i));
    out[i] = add ? out[i] + x : x;
  }
}

// An expression behind a pointer, so that the code that uses it is compiled once.
struct Elementwise {
  template <class E>
  explicit Elementwise(const E& e)
      : expression(&e), assign(compute<false, E>), add(compute<true, E>) {}

  using Loop = void (*)(Real* out, const void* expression, Range range);
  const void* expression;
  Loop assign, add;
};

// Elements for one thread: a pass over them takes several microseconds.
constexpr std::size_t elements_at_once = 1 << 15;

// out = e, and out += e, for tensors in e that have the shape of `out`; in parallel.
void assign(Tensor& out, const Elementwise& e);
void add(Tensor& out, const Elementwise& e);

// The tensor of an expression whose tensors differ in shape.
template <class E>
Tensor evaluate_broadcast(const E& e) {
  Shape shape;
  widen(shape, e);
  Copies copies;
  copies.reserve(tensors_in<E>);
  const auto wide = repeated(e, shape, copies);
  Tensor result(shape);
  assign(result, Elementwise(wide));
  return result;
}

}  // namespace detail

/// The tensor that an expression stands for; a tensor is passed through. Throws Error if operands
/// don't broadcast.
template <class E>
Tensor evaluate(E&& expression) {
  if constexpr (!detail::is_function<std::remove_cvref_t<E>>) {
    return Tensor(std::forward<E>(expression));
  } else {
    const Shape* common = nullptr;
    if (!detail::agree(common, expression) || !common)
      return detail::evaluate_broadcast(expression);
    Tensor result(*common);
    detail::assign(result, detail::Elementwise(expression));
    return result;
  }
}

/// x = e, where e is a function of x and of tensors of its shape.
template <class E>
void apply_to(Tensor& x, const E& e) {
  static_assert(detail::is_function<E>);
  detail::assign(x, detail::Elementwise(e));
}

/// sum += e, which has the shape of `sum`.
void add_to(Tensor& sum, const Tensor& e);

}  // namespace reel::inline REEL_PRECISION
