// Piecewise constant functions: factors of derivatives that have a kink. For tensors they are lazy;
// for variables they are constants, since their own derivative is zero.
#pragma once

#include <type_traits>
#include <utility>
#include <xsimd/xsimd.hpp>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/selection.h>

namespace reel::inline REEL_PRECISION {
namespace piecewise {

// Each functor has the formula for a scalar and the same formula for a SIMD batch.
/// 1 where x > 0, else 0.
struct Positive {
  /// For a number.
  Real operator()(Real x) const { return x > 0 ? Real(1) : Real(0); }
  /// For the lanes of a vector register.
  template <class B>
  B simd_apply(const B& x) const {
    return xsimd::select(x > B(0), B(1), B(0));
  }
};

/// 1, 0, −1 by the sign of x; keeps NaN.
struct Sign {
  /// For a number.
  Real operator()(Real x) const { return x > 0 ? Real(1) : x < 0 ? Real(-1) : x; }
  /// For the lanes of a vector register.
  template <class B>
  B simd_apply(const B& x) const {
    return xsimd::select(x > B(0), B(1), xsimd::select(x < B(0), B(-1), x));
  }
};

/// 1 where x > 0, ½ where x = 0, else 0.
struct Half {
  /// For a number.
  Real operator()(Real x) const { return x > 0 ? Real(1) : x < 0 ? Real(0) : Real(0.5); }
  /// For the lanes of a vector register.
  template <class B>
  B simd_apply(const B& x) const {
    return xsimd::select(x > B(0), B(1), xsimd::select(x < B(0), B(0), B(Real(0.5))));
  }
};

/// 1 where x = 0, else 0.
struct Zero {
  /// For a number.
  Real operator()(Real x) const { return x == 0 ? Real(1) : Real(0); }
  /// For the lanes of a vector register.
  template <class B>
  B simd_apply(const B& x) const {
    return xsimd::select(x == B(0), B(1), B(0));
  }
};

/// 1 where a = b, else 0.
struct Equal {
  /// For a number.
  Real operator()(Real a, Real b) const { return a == b ? Real(1) : Real(0); }
  /// For the lanes of a vector register.
  template <class B>
  B simd_apply(const B& a, const B& b) const {
    return xsimd::select(a == b, B(1), B(0));
  }
};

/// m·g, but 0 where m is 0.
struct Masked {
  /// For a number.
  Real operator()(Real m, Real g) const { return m == 0 ? Real(0) : m * g; }
  /// For the lanes of a vector register.
  template <class B>
  B simd_apply(const B& m, const B& g) const {
    return xsimd::select(m == B(0), B(0), m * g);
  }
};

/// F of each element: lazy for tensors, a constant for variables.
template <class F, class E>
auto apply(E&& e) {
  if constexpr (std::is_same_v<std::remove_cvref_t<E>, Var>)
    return Var(evaluate(xt::detail::make_xfunction<F>(e.value())));
  else
    return xt::detail::make_xfunction<F>(std::forward<E>(e));
}

}  // namespace piecewise

/// 1 where x > 0, else 0.
template <class E>
auto is_positive(E&& x) {
  return piecewise::apply<piecewise::Positive>(std::forward<E>(x));
}
/// 1, 0, −1 by the sign of x; keeps NaN.
template <class E>
auto sign_of(E&& x) {
  return piecewise::apply<piecewise::Sign>(std::forward<E>(x));
}
/// 1 where x > 0, ½ where x = 0, else 0: the share of the gradient for the first of two values
/// whose difference is x.
template <class E>
auto weight_of_first(E&& x) {
  return piecewise::apply<piecewise::Half>(std::forward<E>(x));
}
/// 1 where a = b, else 0; also for infinities.
inline Var is_equal(const Var& a, const Var& b) {
  return evaluate(xt::detail::make_xfunction<piecewise::Equal>(a.value(), b.value()));
}
/// 1 where a = b, else 0; a lazy expression.
inline auto is_equal(const Tensor& a, const Tensor& b) {
  return xt::detail::make_xfunction<piecewise::Equal>(a, b);
}
/// m·g, but 0 where m is 0, even if g is not finite: a value that was not chosen has no gradient.
template <class M, class G>
auto masked(M&& m, G&& g) {
  if constexpr (std::is_same_v<std::remove_cvref_t<G>, Var>)
    return where(m.value(), m * g, Real(0));
  else
    return xt::detail::make_xfunction<piecewise::Masked>(std::forward<M>(m), std::forward<G>(g));
}
/// 1 where x = 0, else 0.
template <class E>
auto is_zero(E&& x) {
  return piecewise::apply<piecewise::Zero>(std::forward<E>(x));
}

}  // namespace reel::inline REEL_PRECISION
