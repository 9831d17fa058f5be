// Transposes in tiles that fit into registers.
#include <reel/autodiff/tensor/transpose.h>

#include <algorithm>
#include <cstring>

namespace reel::inline REEL_PRECISION {
namespace {

using Eight = Real __attribute__((vector_size(8 * sizeof(Real))));

// Transposes an 8 by 8 tile: three times, it interleaves row i with row i + 4.
void transpose_tile(const Real* from, std::size_t from_row, Real* to, std::size_t to_row) {
  Eight x[8], y[8];
  for (std::size_t i = 0; i < 8; ++i) std::memcpy(&x[i], from + i * from_row, sizeof(Eight));
  const auto interleave = [](const Eight* rows, Eight* result) {
    for (std::size_t i = 0; i < 4; ++i) {
      const Eight &a = rows[i], &b = rows[i + 4];
      result[2 * i] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
      result[2 * i + 1] = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
    }
  };
  interleave(x, y);
  interleave(y, x);
  interleave(x, y);
  for (std::size_t i = 0; i < 8; ++i) std::memcpy(to + i * to_row, &y[i], sizeof(Eight));
}

}  // namespace

void raw_transpose(const Real* from, std::size_t from_row, std::size_t rows, std::size_t columns,
                   Real* to, std::size_t to_row) {
  const std::size_t whole_rows = rows / 8 * 8, whole_columns = columns / 8 * 8;
  constexpr std::size_t line =
      16;  // columns: both halves of a cache line are read soon after each other
  for (std::size_t start = 0; start < whole_columns; start += line)
    for (std::size_t i = 0; i < whole_rows; i += 8)
      for (std::size_t j = start; j < std::min(whole_columns, start + line); j += 8)
        transpose_tile(from + i * from_row + j, from_row, to + j * to_row + i, to_row);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = i < whole_rows ? whole_columns : 0; j < columns; ++j)
      to[j * to_row + i] = from[i * from_row + j];
}

}  // namespace reel::inline REEL_PRECISION
