// The special values of this precision.
#pragma once

#include <limits>

#include <reel/autodiff/core/real.h>

namespace reel::inline REEL_PRECISION {

inline constexpr Real inf = std::numeric_limits<Real>::infinity();
inline constexpr Real nan = std::numeric_limits<Real>::quiet_NaN();
inline constexpr double eps = std::numeric_limits<Real>::epsilon();

}  // namespace reel::inline REEL_PRECISION
