// Evaluates lazy expressions into tensors, in one vectorised pass.
//
// xtensor's own assignment does the same. Reel skips it in the usual case, in which all operands
// have the same shape, because it takes about three times the compile time and, on small tensors,
// three times the run time.
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <xtensor/xarray.hpp>

#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {
namespace detail {

// Whether an expression is made of vectorised functions of tensors and numbers.
template <class E>
inline constexpr bool is_vectorised = false;
template <class F, class... Operands>
inline constexpr bool is_vectorised<xt::xfunction<F, Operands...>> =
    xt::xassign_traits<Tensor, xt::xfunction<F, Operands...>>::simd_linear_assign() &&
    xt::xassign_traits<Tensor, xt::xfunction<F, Operands...>>::simd_strided_assign();

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
template <class E>
bool agree(const Shape*&, const E&) {
  return false;
}

// Elements for one thread: a pass over them takes several microseconds.
constexpr std::size_t elements_at_once = 1 << 15;

// out[i] = e[i], or out[i] += e[i], for an expression whose operands all have the shape of `out`
template <bool add, class E>
void assign_elements(Tensor& out, const E& e) {
  using Batch = xsimd::batch<Real>;
  Real* to = out.data();
  parallel_ranges(out.size(), elements_at_once, [&](Range part) {
    std::size_t i = part.begin;
    for (; i + Batch::size <= part.end; i += Batch::size) {
      Batch x = e.template load_simd<xsimd::unaligned_mode, Real>(i);
      if constexpr (add) x += Batch::load_unaligned(to + i);
      x.store_unaligned(to + i);
    }
    for (; i < part.end; ++i) {
      const auto x = static_cast<Real>(e.data_element(i));
      to[i] = add ? to[i] + x : x;
    }
  });
}

}  // namespace detail

/// The value of an expression; a tensor is returned as it is.
template <class E>
Tensor evaluate(E&& expression) {
  if constexpr (!detail::is_vectorised<std::remove_cvref_t<E>>) {
    return Tensor(std::forward<E>(expression));
  } else {
    const Shape* common = nullptr;
    if (detail::agree(common, expression) && common) {
      Tensor result(*common);
      detail::assign_elements<false>(result, expression);
      return result;
    }
    Shape shape = xt::uninitialized_shape<Shape>(expression.dimension());
    const bool same_shapes = expression.broadcast_shape(shape, true);
    Tensor result = uninitialized(shape);
    if (same_shapes && expression.has_linear_assign(result.strides()))
      detail::assign_elements<false>(result, expression);
    else
      xt::strided_loop_assigner<true>::run(result, expression);
    return result;
  }
}

/// x = f(x), where e is a vectorised expression of x and tensors of its shape.
template <class E>
void apply_to(Tensor& x, const E& e) {
  static_assert(detail::is_vectorised<E>);
  detail::assign_elements<false>(x, e);
}

/// sum += e, which has the shape of `sum`.
inline void add_to(Tensor& sum, const Tensor& e) {
  const Real* from = e.data();
  Real* to = sum.data();
  parallel_ranges(sum.size(), detail::elements_at_once, [=](Range part) {
    for (std::size_t i = part.begin; i < part.end; ++i) to[i] += from[i];
  });
}
template <class E>
void add_to(Tensor& sum, const xt::xexpression<E>& expression) {
  const E& e = expression.derived_cast();
  if constexpr (detail::is_vectorised<E>) {
    const Shape* common = &sum.shape();
    if (detail::agree(common, e)) return detail::assign_elements<true>(sum, e);
  }
  add_to(sum, evaluate(e));
}

}  // namespace reel::inline REEL_PRECISION
