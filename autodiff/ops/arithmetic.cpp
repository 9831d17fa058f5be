// Elementwise arithmetic of two operands, broadcast against each other.
#include <cmath>
#include <type_traits>

#include <reel/autodiff/ops.h>
#include <reel/autodiff/steps.h>
#include <reel/autodiff/tape.h>

namespace reel::inline REEL_PRECISION {
namespace {

// f(a, b) as a tensor; a single number is spread out first, for which xtensor's broadcasting is
// slow.
template <class F>
Tensor broadcast(const char* operation, const Var& a, const Var& b, F&& f) {
  const Tensor& x = a.value();
  const Tensor& y = b.value();
  if (x.shape() == y.shape()) return f(x, y);
  const Shape shape = broadcast_shape(x.shape(), y.shape(), operation);
  if (y.size() == 1 && shape == x.shape()) return f(x, full(shape, *y.data()));
  if (x.size() == 1 && shape == y.shape()) return f(full(shape, *x.data()), y);
  return f(x, y);
}

// The larger of two; a NaN on either side is kept.
struct Larger {
  Real operator()(Real a, Real b) const { return a < b || !(b == b) ? b : a; }
  template <class B>
  B simd_apply(const B& a, const B& b) const {
    return xsimd::select(a < b || !(b == b), b, a);  // != of xsimd 8.1 is false for NaN
  }
};

// xᵖ by the C library: xsimd 8.1's pow is 0 at 0⁰ and loses NaN.
struct Power {
  Real operator()(Real x, Real p) const { return std::pow(x, p); }
};

template <class X, class P>
auto raised(const X& x, const P& p) {
  if constexpr (std::is_same_v<X, Var>)
    return pow(x, p);
  else
    return xt::detail::make_xfunction<Power>(x, p);
}

}  // namespace

Var add(const Var& a, const Var& b) {  // ∂a = 1, ∂b = 1
  return record(
      "add", {a, b},
      broadcast("add", a, b,
                [](const Tensor& x, const Tensor& y) -> Tensor { return evaluate(x + y); }),
      [](auto& d, auto& g, auto, auto&) {
        d.add(0, g);
        d.add(1, g);
      });
}

Var subtract(const Var& a, const Var& b) {  // ∂a = 1, ∂b = −1
  return record(
      "subtract", {a, b},
      broadcast("subtract", a, b,
                [](const Tensor& x, const Tensor& y) -> Tensor { return evaluate(x - y); }),
      [](auto& d, auto& g, auto, auto&) {
        d.add(0, g);
        d.add(1, -g);
      });
}

Var multiply(const Var& a, const Var& b) {  // ∂a = b, ∂b = a
  return record(
      "multiply", {a, b},
      broadcast("multiply", a, b,
                [](const Tensor& x, const Tensor& y) -> Tensor { return evaluate(x * y); }),
      [](auto& d, auto& g, auto in, auto&) {
        d.add(0, g * in[1]);
        d.add(1, g * in[0]);
      });
}

Var divide(const Var& a, const Var& b) {  // y = a/b: ∂a = 1/b, ∂b = −y/b
  return record(
      "divide", {a, b},
      broadcast("divide", a, b,
                [](const Tensor& x, const Tensor& y) -> Tensor { return evaluate(x / y); }),
      [](auto& d, auto& g, auto in, auto& y) {
        d.add(0, g / in[1]);
        d.add(1, -g * y / in[1]);
      });
}

Var maximum(const Var& a, const Var& b) {  // ∂a = [a > b] + ½[a = b], ∂b = 1 − ∂a
  return record("maximum", {a, b},
                broadcast("maximum", a, b,
                          [](const Tensor& x, const Tensor& y) -> Tensor {
                            return evaluate(xt::detail::make_xfunction<Larger>(x, y));
                          }),
                [](auto& d, auto& g, auto in, auto&) {
                  d.add(0, g * share_of_first(in[0] - in[1]));
                  d.add(1, g * share_of_first(in[1] - in[0]));
                });
}

Var pow(const Var& x, const Var& p) {
  // y = xᵖ: ∂x = p·xᵖ⁻¹, where 0·0⁻¹ counts as 0; ∂p = y·ln x, where y·ln 0 counts as 0
  return record(
      "pow", {x, p},
      broadcast("pow", x, p,
                [](const Tensor& b, const Tensor& e) -> Tensor { return evaluate(raised(b, e)); }),
      [](auto& d, auto& g, auto in, auto& y) {
        d.add(0, g * in[1] * raised(in[0], in[1] - Real(1) + is_zero(in[0]) * is_zero(in[1])));
        d.add(1, g * y * log(in[0] + is_zero(in[0])));
      });
}

Var negate(const Var& x) {
  return record("negate", {x}, -x.value(), [](auto& d, auto& g, auto, auto&) { d.add(0, -g); });
}

}  // namespace reel::inline REEL_PRECISION
