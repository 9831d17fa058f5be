// Elementary functions of one argument.
#include <cmath>
#include <numbers>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/piecewise.h>

namespace reel::inline REEL_PRECISION {

using std::numbers::inv_sqrtpi_v, std::numbers::ln10_v, std::numbers::ln2_v;

Var exp(const Var& x) {  // y' = y
  return record("exp", {x}, xt::exp(x.value()),
                [](auto& d, auto& g, auto, auto& y) { d.add(0, g * y); });
}

Var exp2(const Var& x) {  // y' = y·ln 2
  return record("exp2", {x}, xt::exp2(x.value()),
                [](auto& d, auto& g, auto, auto& y) { d.add(0, g * y * ln2_v<Real>); });
}

Var expm1(const Var& x) {  // y' = eˣ
  return record("expm1", {x}, xt::expm1(x.value()),
                [](auto& d, auto& g, auto in, auto&) { d.add(0, g * exp(in[0])); });
}

Var log(const Var& x) {  // y' = 1/x
  return record("log", {x}, xt::log(x.value()),
                [](auto& d, auto& g, auto in, auto&) { d.add(0, g / in[0]); });
}

Var log2(const Var& x) {  // y' = 1/(x·ln 2)
  return record("log2", {x}, xt::log2(x.value()),
                [](auto& d, auto& g, auto in, auto&) { d.add(0, g / (in[0] * ln2_v<Real>)); });
}

Var log10(const Var& x) {  // y' = 1/(x·ln 10)
  return record("log10", {x}, xt::log10(x.value()),
                [](auto& d, auto& g, auto in, auto&) { d.add(0, g / (in[0] * ln10_v<Real>)); });
}

Var log1p(const Var& x) {  // y' = 1/(1 + x)
  return record("log1p", {x}, xt::log1p(x.value()),
                [](auto& d, auto& g, auto in, auto&) { d.add(0, g / (Real(1) + in[0])); });
}

Var sqrt(const Var& x) {  // y' = 1/(2y)
  return record("sqrt", {x}, xt::sqrt(x.value()),
                [](auto& d, auto& g, auto, auto& y) { d.add(0, g / (Real(2) * y)); });
}

Var cbrt(const Var& x) {  // y' = 1/(3y²)
  return record("cbrt", {x}, xt::cbrt(x.value()),
                [](auto& d, auto& g, auto, auto& y) { d.add(0, g / (Real(3) * y * y)); });
}

Var square(const Var& x) {  // y' = 2x
  return record("square", {x}, x.value() * x.value(),
                [](auto& d, auto& g, auto in, auto&) { d.add(0, g * (Real(2) * in[0])); });
}

Var reciprocal(const Var& x) {  // y' = −y²
  return record("reciprocal", {x}, Real(1) / x.value(),
                [](auto& d, auto& g, auto, auto& y) { d.add(0, -g * y * y); });
}

Var abs(const Var& x) {  // y' = sign x, 0 at 0
  return record("abs", {x}, xt::abs(x.value()),
                [](auto& d, auto& g, auto in, auto&) { d.add(0, g * sign_of(in[0])); });
}

// By the C library: xsimd 8.1 loses NaN.
Var erf(const Var& x) {  // y' = 2/√π·e^−x²
  return record("erf", {x}, map_elements(std::erf, x.value()),
                [](auto& d, auto& g, auto in, auto&) {
                  d.add(0, g * (2 * inv_sqrtpi_v<Real>)*exp(-in[0] * in[0]));
                });
}

Var erfc(const Var& x) {  // y' = −2/√π·e^−x²
  return record("erfc", {x}, erfc_elements(x.value()), [](auto& d, auto& g, auto in, auto&) {
    d.add(0, g * (-2 * inv_sqrtpi_v<Real>)*exp(-in[0] * in[0]));
  });
}

// ---- piecewise constant

namespace {

struct NoGradient {
  void operator()(auto&, auto&, auto, auto&) const {}
};

}  // namespace

Var sign(const Var& x) { return record("sign", {x}, sign_of(x.value()), NoGradient()); }
Var floor(const Var& x) { return record("floor", {x}, xt::floor(x.value()), NoGradient()); }
Var ceil(const Var& x) { return record("ceil", {x}, xt::ceil(x.value()), NoGradient()); }
Var round(const Var& x) { return record("round", {x}, xt::rint(x.value()), NoGradient()); }
Var trunc(const Var& x) { return record("trunc", {x}, xt::trunc(x.value()), NoGradient()); }

}  // namespace reel::inline REEL_PRECISION
