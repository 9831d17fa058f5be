// Elementwise arithmetic of two operands, broadcast against each other.
#include <cmath>
#include <type_traits>

#include <reel/autodiff/core/warning.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/piecewise.h>

namespace reel::inline REEL_PRECISION {
namespace {

// xᵖ by the C library: pow of xsimd 8.1 returns 0 for 0⁰ and loses NaN.
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

bool column_and_vector(const Shape& a, const Shape& b) {
  return a.size() == 2 && b.size() == 1 && a[1] == 1 && a[0] == b[0] && b[0] > 1;
}

}  // namespace

Var add(const Var& a, const Var& b) {  // ∂a = 1, ∂b = 1
  expect_broadcast(a.value(), b.value(), "add");
  return record("add", {a, b}, a.value() + b.value(), [](auto& d, auto& g, auto, auto&) {
    d.add(0, g);
    d.add(1, g);
  });
}

Var subtract(const Var& a, const Var& b) {  // ∂a = 1, ∂b = −1
  expect_broadcast(a.value(), b.value(), "subtract");
  if (column_and_vector(a.shape(), b.shape()) || column_and_vector(b.shape(), a.shape()))
    warn("subtract", "shapes ", to_string(a.shape()), " and ", to_string(b.shape()),
         " broadcast to ", to_string(broadcast_shape(a.shape(), b.shape(), "subtract")),
         ". Hint: reshape one of them, or use squared_error(prediction, target); if the matrix is "
         "intended, expand_dims(vector, 0) says so.");
  return record("subtract", {a, b}, a.value() - b.value(), [](auto& d, auto& g, auto, auto&) {
    d.add(0, g);
    d.add(1, -g);
  });
}

Var multiply(const Var& a, const Var& b) {  // ∂a = b, ∂b = a
  expect_broadcast(a.value(), b.value(), "multiply");
  return record("multiply", {a, b}, a.value() * b.value(), [](auto& d, auto& g, auto in, auto&) {
    d.add(0, g * in[1]);
    d.add(1, g * in[0]);
  });
}

Var divide(const Var& a, const Var& b) {  // y = a/b: ∂a = 1/b, ∂b = −y/b
  expect_broadcast(a.value(), b.value(), "divide");
  return record("divide", {a, b}, a.value() / b.value(), [](auto& d, auto& g, auto in, auto& y) {
    d.add(0, g / in[1]);
    d.add(1, -g * y / in[1]);
  });
}

Var pow(const Var& x, const Var& p) {
  // y = xᵖ: ∂x = p·xᵖ⁻¹, where 0·0⁻¹ counts as 0; ∂p = y·ln x, where y·ln 0 counts as 0
  expect_broadcast(x.value(), p.value(), "pow");
  return record(
      "pow", {x, p}, raised(x.value(), p.value()), [](auto& d, auto& g, auto in, auto& y) {
        d.add(0, g * in[1] * raised(in[0], in[1] - Real(1) + is_zero(in[0]) * is_zero(in[1])));
        d.add(1, g * y * log(in[0] + is_zero(in[0])));
      });
}

Var hypot(const Var& a, const Var& b) {  // ∂a = a/y, ∂b = b/y, 0 where y = 0
  return record("hypot", {a, b}, map_elements("hypot", std::hypot, a.value(), b.value()),
                [](auto& d, auto& g, auto in, auto& y) {
                  d.add(0, g * (Real(1) - is_zero(y)) * in[0] / (y + is_zero(y)));
                  d.add(1, g * (Real(1) - is_zero(y)) * in[1] / (y + is_zero(y)));
                });
}

Var atan2(const Var& y, const Var& x) {  // ∂y = x/r², ∂x = −y/r², r² = x² + y²
  return record("atan2", {y, x}, map_elements("atan2", std::atan2, y.value(), x.value()),
                [](auto& d, auto& g, auto in, auto&) {
                  d.add(0, g * in[1] / (in[0] * in[0] + in[1] * in[1]));
                  d.add(1, -g * in[0] / (in[0] * in[0] + in[1] * in[1]));
                });
}

Var negate(const Var& x) {
  return record("negate", {x}, -x.value(), [](auto& d, auto& g, auto, auto&) { d.add(0, -g); });
}

}  // namespace reel::inline REEL_PRECISION
