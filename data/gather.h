// The inner loop of gathering a batch: scale a row of bytes.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <reel/autodiff/core/real.h>

namespace reel::inline REEL_PRECISION {
namespace data {

/// A factor for bytes, in two parts whose products with a byte are summed. The high part leaves 8
/// bits free, so its product is exact, the sum is the rounded product with the factor itself, and
/// fused multiply-adds change nothing. (Float 1/255 alone misses byte / 255 for 126 of the 256
/// bytes.)
struct Scale {
  Real high, low;

  explicit Scale(double factor) {
    if constexpr (std::is_same_v<Real, float>) {
      const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(factor));
      high = std::bit_cast<float>(bits & ~std::uint32_t{0xFF});
      low = static_cast<Real>(factor - static_cast<double>(high));
    } else {
      high = static_cast<Real>(factor);
      low = 0;
    }
  }
};

/// to[i] = from[i] · scale. In blocks of fixed size, which g++ vectorises at -O2 as well; the last
/// one overlaps the one before it.
inline void scale_bytes(const std::uint8_t* __restrict from, Real* __restrict to, std::size_t count,
                        Scale scale) {
  constexpr std::size_t block = 64;
  const auto scaled = [scale](std::uint8_t byte) {
    const auto x = static_cast<Real>(byte);
    return x * scale.high + x * scale.low;
  };
  if (count < block) {
    for (std::size_t i = 0; i < count; ++i) to[i] = scaled(from[i]);
    return;
  }
  for (std::size_t start = 0; start < count; start += block) {
    const std::size_t i = std::min(start, count - block);
    for (std::size_t j = 0; j < block; ++j) to[i + j] = scaled(from[i + j]);
  }
}

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
