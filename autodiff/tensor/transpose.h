// Transposing a matrix in memory.
#pragma once

#include <cstddef>

#include <reel/autodiff/core/real.h>

namespace reel::inline REEL_PRECISION {

/// to (columns, rows) = from (rows, columns) transposed. `from_row` and `to_row` are the distances
/// between rows in memory. The two arrays must not overlap.
void raw_transpose(const Real* from, std::size_t from_row, std::size_t rows, std::size_t columns,
                   Real* to, std::size_t to_row);

}  // namespace reel::inline REEL_PRECISION
