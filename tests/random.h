// Tensors of random numbers.
#pragma once

#include <cstdint>
#include <utility>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {

/// Numbers between −1 and 1; the same seed gives the same numbers.
inline Tensor random(Shape shape, std::uint64_t seed) {
  Rng rng(seed);
  Tensor t = uninitialized(std::move(shape));
  for (Real& x : t.storage()) x = static_cast<Real>(rng.uniform(-1, 1));
  return t;
}

}  // namespace reel::inline REEL_PRECISION
