// A small data set of bytes, for tests.
#pragma once

#include <numeric>
#include <vector>

#include <reel/data/dataset.h>

#include "idx_files.h"

namespace reel::inline REEL_PRECISION {
namespace small_dataset {

using data::Dataset;
using testing::Bytes;
using Rows = std::vector<std::uint32_t>;

// n samples of shape (2,3); value v of sample i is byte 7 i + v; label i mod 3.
inline Dataset small(std::size_t n, data::DatasetInfo info = {}) {
  Bytes bytes(n * 6);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t v = 0; v < 6; ++v) bytes[i * 6 + v] = static_cast<std::uint8_t>(7 * i + v);
  std::vector<Label> labels(n);
  for (std::size_t i = 0; i < n; ++i) labels[i] = static_cast<Label>(i % 3);
  return Dataset::from_bytes(bytes, {2, 3}, labels, info);
}

}  // namespace small_dataset
}  // namespace reel::inline REEL_PRECISION
