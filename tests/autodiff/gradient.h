// The gradient that `backward` left in a parameter.
#pragma once

#include <doctest/doctest.h>

#include <reel/autodiff/engine/var.h>

namespace reel::inline REEL_PRECISION {

/// The gradient of p. The test ends here if p has none.
inline const Tensor& gradient(const Parameter& p) {
  REQUIRE(p.gradient());
  return *p.gradient();
}

}  // namespace reel::inline REEL_PRECISION
