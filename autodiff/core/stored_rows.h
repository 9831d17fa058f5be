// StoredRows: a matrix whose rows lie anywhere, as numbers or as bytes.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include <reel/autodiff/core/real.h>
#include <reel/autodiff/core/share.h>

namespace reel::inline REEL_PRECISION {

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

/// The rows of a matrix x where they lie, such as the images of a batch in a data set. They are
/// numbers, or bytes, each of which stands for its product with a factor.
struct StoredRows {
  std::vector<const void*> starts;   ///< of each row, const Real* or const std::uint8_t*
  std::vector<std::uint8_t> copies;  ///< of rows that lie in a file
  std::optional<Scale> scale;        ///< if they are bytes

  std::size_t size() const noexcept { return starts.size(); }
  /// to (columns) = some columns of a row.
  void copy(std::size_t row, Share columns, Real* to) const {
    if (scale)
      scale_bytes(static_cast<const std::uint8_t*>(starts[row]) + columns.begin, to, columns.size(),
                  *scale);
    else
      std::copy_n(static_cast<const Real*>(starts[row]) + columns.begin, columns.size(), to);
  }
};

}  // namespace reel::inline REEL_PRECISION
