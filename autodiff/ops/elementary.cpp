// Elementary functions of one argument.
#include <reel/autodiff/ops.h>
#include <reel/autodiff/steps.h>
#include <reel/autodiff/tape.h>

namespace reel::inline REEL_PRECISION {

Var exp(const Var& x) {  // y' = y
  return record("exp", {x}, xt::exp(x.value()),
                [](auto& d, auto& g, auto, auto& y) { d.add(0, g * y); });
}

Var log(const Var& x) {  // y' = 1/x
  return record("log", {x}, xt::log(x.value()),
                [](auto& d, auto& g, auto in, auto&) { d.add(0, g / in[0]); });
}

Var sqrt(const Var& x) {  // y' = 1/(2y)
  return record("sqrt", {x}, xt::sqrt(x.value()),
                [](auto& d, auto& g, auto, auto& y) { d.add(0, g / (Real(2) * y)); });
}

Var square(const Var& x) {  // y' = 2x
  return record("square", {x}, x.value() * x.value(),
                [](auto& d, auto& g, auto in, auto&) { d.add(0, g * (Real(2) * in[0])); });
}

Var abs(const Var& x) {  // y' = sign x, 0 at 0
  return record("abs", {x}, xt::abs(x.value()),
                [](auto& d, auto& g, auto in, auto&) { d.add(0, g * sign_of(in[0])); });
}

}  // namespace reel::inline REEL_PRECISION
