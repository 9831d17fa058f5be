// Transposing a matrix in memory.
#pragma once

#include <cstddef>

#include <reel/autodiff/core/real.h>

namespace reel::inline REEL_PRECISION {

/// to (columns, rows) = from (rows, columns) transposed, with the rows of `to` as far apart as
/// `to_row` says; the two must not overlap.
void raw_transpose(const Real* from, std::size_t rows, std::size_t columns, Real* to,
                   std::size_t to_row);

}  // namespace reel::inline REEL_PRECISION
