// The place of an element in a row-major tensor.
#pragma once

#include <cstddef>
#include <vector>

#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {

// The index along each axis of element i of a row-major tensor.
inline std::vector<std::size_t> position(std::size_t i, const Shape& shape) {
  std::vector<std::size_t> at(shape.size());
  for (std::size_t a = shape.size(); a-- > 0; i /= shape[a]) at[a] = i % shape[a];
  return at;
}

// The element at a position; repeats axes of size 1 and missing leading axes.
inline std::size_t index(const std::vector<std::size_t>& at, const Shape& shape) {
  std::size_t i = 0;
  for (std::size_t a = 0; a < shape.size(); ++a)
    i = i * shape[a] + (shape[a] == 1 ? 0 : at[at.size() - shape.size() + a]);
  return i;
}

}  // namespace reel::inline REEL_PRECISION
