// Trigonometric and hyperbolic functions; angles in radians.
#pragma once

#include <reel/autodiff/engine/var.h>

namespace reel::inline REEL_PRECISION {

Var sin(const Var& x);
Var cos(const Var& x);
Var tan(const Var& x);
Var asin(const Var& x);
Var acos(const Var& x);
Var atan(const Var& x);
Var sinh(const Var& x);
Var cosh(const Var& x);
Var tanh(const Var& x);
Var asinh(const Var& x);
Var acosh(const Var& x);
Var atanh(const Var& x);

}  // namespace reel::inline REEL_PRECISION
