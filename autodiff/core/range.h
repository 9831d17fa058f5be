// Range: a part of n elements.
#pragma once

#include <algorithm>
#include <cstddef>

namespace reel {

/// The part [begin, end) of n elements.
struct Range {
  std::size_t begin, end;  ///< the first index, and the index after the last
  /// The number of indices.
  std::size_t size() const noexcept { return end - begin; }
  /// Whether both have the same ends.
  bool operator==(const Range&) const = default;
};

/// Part `index` of `count` parts of n elements. The parts are as equal as possible; each is a
/// multiple of `grain`, except the last.
inline Range range_of(std::size_t n, std::size_t index, std::size_t count,
                      std::size_t grain = 1) noexcept {
  const std::size_t grains = (n + grain - 1) / grain;
  return {std::min(n, grains * index / count * grain),
          std::min(n, grains * (index + 1) / count * grain)};
}

}  // namespace reel
