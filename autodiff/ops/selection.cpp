// Elementwise choices between values; equal values share the gradient evenly.
#include <xsimd/xsimd.hpp>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/broadcast.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/autodiff/ops/piecewise.h>

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
  return record("maximum", {a, b},
                broadcast("maximum", a.value(), b.value(),
                          [](const Tensor& x, const Tensor& y) -> Tensor {
                            return evaluate(xt::detail::make_xfunction<Larger>(x, y));
                          }),
                [](auto& d, auto& g, auto in, auto&) {
                  d.add(0, masked(weight_of_first(in[0] - in[1]), g));
                  d.add(1, masked(weight_of_first(in[1] - in[0]), g));
                });
}

Var minimum(const Var& a, const Var& b) {  // ∂a = [a < b] + ½[a = b], ∂b = 1 − ∂a
  return record("minimum", {a, b},
                broadcast("minimum", a.value(), b.value(),
                          [](const Tensor& x, const Tensor& y) -> Tensor {
                            return evaluate(xt::detail::make_xfunction<Smaller>(x, y));
                          }),
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
  const SharedTensor chosen(evaluate(Real(1) - is_zero(reel::broadcast_to(condition, shape))));
  const Tensor x = reel::broadcast_to(a.value(), shape), y = reel::broadcast_to(b.value(), shape);
  return record("where", {a, b}, xt::detail::make_xfunction<Choose>(*chosen, x, y),
                [chosen](auto& d, auto& g, auto, auto&) {
                  d.add(0, masked(d.constant(chosen), g));
                  d.add(1, masked(Real(1) - d.constant(chosen), g));
                });
}

}  // namespace reel::inline REEL_PRECISION
