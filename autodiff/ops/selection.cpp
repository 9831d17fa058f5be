// Elementwise choices between values; equal values share the gradient evenly.
#include <xsimd/xsimd.hpp>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/piecewise.h>
#include <reel/autodiff/ops/selection.h>
#include <reel/autodiff/ops/shape.h>

namespace reel::inline REEL_PRECISION {
namespace {

// Keeps a NaN from either side. (In xsimd 8.1, != is false for NaN.)
struct Larger {
  Real operator()(Real a, Real b) const { return a < b || !(b == b) ? b : a; }
  template <class B>
  B simd_apply(const B& a, const B& b) const {
    return xsimd::select(a < b || !(b == b), b, a);
  }
};

struct Smaller {
  Real operator()(Real a, Real b) const { return b < a || !(b == b) ? b : a; }
  template <class B>
  B simd_apply(const B& a, const B& b) const {
    return xsimd::select(b < a || !(b == b), b, a);
  }
};

struct Choose {
  Real operator()(Real chosen, Real a, Real b) const { return chosen == 0 ? b : a; }
  template <class B>
  B simd_apply(const B& chosen, const B& a, const B& b) const {
    return xsimd::select(chosen == B(0), b, a);
  }
};

}  // namespace

Var maximum(const Var& a, const Var& b) {  // ∂a = [a > b] + ½[a = b], ∂b = 1 − ∂a
  expect_broadcast(a.value(), b.value(), "maximum");
  return record("maximum", {a, b}, xt::detail::make_xfunction<Larger>(a.value(), b.value()),
                [](auto& d, auto& g, auto in, auto&) {
                  d.add(0, masked(weight_of_first(in[0] - in[1]), g));
                  d.add(1, masked(weight_of_first(in[1] - in[0]), g));
                });
}

Var minimum(const Var& a, const Var& b) {  // ∂a = [a < b] + ½[a = b], ∂b = 1 − ∂a
  expect_broadcast(a.value(), b.value(), "minimum");
  return record("minimum", {a, b}, xt::detail::make_xfunction<Smaller>(a.value(), b.value()),
                [](auto& d, auto& g, auto in, auto&) {
                  d.add(0, masked(weight_of_first(in[1] - in[0]), g));
                  d.add(1, masked(weight_of_first(in[0] - in[1]), g));
                });
}

Var clip(const Var& x, Real low, Real high) {  // y' = [x = y]
  if (!(low <= high)) fail_usage("clip", "low ", low, " is above high ", high, '.');
  return record(
      "clip", {x}, xt::minimum(high, xt::maximum(low, x.value())),
      [](auto& d, auto& g, auto in, auto& y) { d.add(0, masked(is_equal(in[0], y), g)); });
}

Var where(const Tensor& condition, const Var& a, const Var& b) {  // ∂a = [chosen], ∂b = 1 − ∂a
  const Shape shape =
      broadcast_shape(condition.shape(), broadcast_shape(a.shape(), b.shape(), "where"), "where");
  const SharedTensor chosen(Real(1) - is_zero(reel::broadcast_to(condition, shape)));
  return record("where", {a, b}, xt::detail::make_xfunction<Choose>(*chosen, a.value(), b.value()),
                [chosen](auto& d, auto& g, auto, auto&) {
                  d.add(0, masked(d.constant(chosen), g));
                  d.add(1, masked(Real(1) - d.constant(chosen), g));
                });
}

}  // namespace reel::inline REEL_PRECISION
