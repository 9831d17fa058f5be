// Trigonometric and hyperbolic functions, and their inverses.
#include <cmath>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/trigonometric.h>

namespace reel::inline REEL_PRECISION {

Var sin(const Var& x) {  // y' = cos x
  return record("sin", {x}, xt::sin(x.value()),
                [](auto& d, auto& g, auto in, auto&) { d.add(0, g * cos(in[0])); });
}

Var cos(const Var& x) {  // y' = −sin x
  return record("cos", {x}, xt::cos(x.value()),
                [](auto& d, auto& g, auto in, auto&) { d.add(0, -g * sin(in[0])); });
}

Var tan(const Var& x) {  // y' = 1 + y²
  return record("tan", {x}, xt::tan(x.value()),
                [](auto& d, auto& g, auto, auto& y) { d.add(0, g * (Real(1) + y * y)); });
}

// 1 − x² is written as (1 − x)(1 + x), which keeps its digits near ±1.

Var asin(const Var& x) {  // y' = 1/√(1 − x²)
  return record("asin", {x}, xt::asin(x.value()), [](auto& d, auto& g, auto in, auto&) {
    d.add(0, g / sqrt((Real(1) - in[0]) * (Real(1) + in[0])));
  });
}

Var acos(const Var& x) {  // y' = −1/√(1 − x²)
  return record("acos", {x}, xt::acos(x.value()), [](auto& d, auto& g, auto in, auto&) {
    d.add(0, -g / sqrt((Real(1) - in[0]) * (Real(1) + in[0])));
  });
}

Var atan(const Var& x) {  // y' = 1/(1 + x²)
  return record("atan", {x}, xt::atan(x.value()),
                [](auto& d, auto& g, auto in, auto&) { d.add(0, g / (Real(1) + in[0] * in[0])); });
}

Var sinh(const Var& x) {  // y' = cosh x
  return record("sinh", {x}, xt::sinh(x.value()),
                [](auto& d, auto& g, auto in, auto&) { d.add(0, g * cosh(in[0])); });
}

Var cosh(const Var& x) {  // y' = sinh x
  return record("cosh", {x}, xt::cosh(x.value()),
                [](auto& d, auto& g, auto in, auto&) { d.add(0, g * sinh(in[0])); });
}

Var tanh(const Var& x) {  // y' = 1 − y²: in terms of y it cannot overflow and recomputes nothing
  return record("tanh", {x}, xt::tanh(x.value()),
                [](auto& d, auto& g, auto, auto& y) { d.add(0, g * (Real(1) - y * y)); });
}

Var asinh(const Var& x) {  // y' = 1/√(1 + x²)
  return record("asinh", {x}, xt::asinh(x.value()), [](auto& d, auto& g, auto in, auto&) {
    d.add(0, g / sqrt(Real(1) + in[0] * in[0]));
  });
}

Var acosh(const Var& x) {  // y' = 1/√(x² − 1); by the C library: xsimd 8.1 returns no NaN below 1
  return record("acosh", {x}, map_elements(std::acosh, x.value()),
                [](auto& d, auto& g, auto in, auto&) {
                  d.add(0, g / sqrt((in[0] - Real(1)) * (in[0] + Real(1))));
                });
}

Var atanh(const Var& x) {  // y' = 1/(1 − x²)
  return record("atanh", {x}, xt::atanh(x.value()), [](auto& d, auto& g, auto in, auto&) {
    d.add(0, g / ((Real(1) - in[0]) * (Real(1) + in[0])));
  });
}

}  // namespace reel::inline REEL_PRECISION
