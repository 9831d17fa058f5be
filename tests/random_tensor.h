// Tensors of random numbers.
#pragma once

#include <cstdint>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {

/// Standard normal numbers.
inline Tensor random_tensor(const Shape& shape, std::uint64_t seed = 1) {
  Rng rng(seed);
  Tensor t = uninitialized(shape);
  for (Real& x : t.storage()) x = static_cast<Real>(rng.normal());
  return t;
}

}  // namespace reel::inline REEL_PRECISION
