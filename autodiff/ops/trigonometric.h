// Trigonometric and hyperbolic functions; angles in radians.
#pragma once

#include <reel/autodiff/engine/var.h>

namespace reel::inline REEL_PRECISION {

Var sin(const Var& x);    ///< the sine of x, in radians
Var cos(const Var& x);    ///< the cosine
Var tan(const Var& x);    ///< sin x / cos x
Var asin(const Var& x);   ///< the angle in [−π/2, π/2] whose sine is x
Var acos(const Var& x);   ///< the angle in [0, π] whose cosine is x
Var atan(const Var& x);   ///< the angle in (−π/2, π/2) whose tangent is x
Var sinh(const Var& x);   ///< (eˣ − e⁻ˣ) / 2
Var cosh(const Var& x);   ///< (eˣ + e⁻ˣ) / 2
Var tanh(const Var& x);   ///< sinh x / cosh x
Var asinh(const Var& x);  ///< the inverse of sinh
Var acosh(const Var& x);  ///< the inverse of cosh, for x ≥ 1
Var atanh(const Var& x);  ///< the inverse of tanh, for |x| ≤ 1

}  // namespace reel::inline REEL_PRECISION
