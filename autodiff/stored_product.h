// Products with a batch where it is stored, for narrow layers. Each row is read where it is and
// never written as numbers; no library that Debian has multiplies bytes by numbers.
#pragma once

#include <cstddef>

#include <reel/autodiff/core/stored_rows.h>

namespace reel::inline REEL_PRECISION {

/// Up to as many outputs, and columns, both are faster than a library's product with a copy of x:
/// beyond them W does not stay in the cache.
constexpr std::size_t narrow_outputs = 32, most_columns = (1 << 15) / sizeof(Real);
/// Both take at least as many, and check nothing.
constexpr std::size_t least_columns = 64 / sizeof(Real);

/// y (rows, out) = x·Wᵀ, for some columns of x and the same ones of W: (out, columns), row-major.
/// Bytes are multiplied by x's factor after the sum.
void stored_product(const StoredRows& x, Share columns, const Real* w, std::size_t out, Real* y);

/// to (out, columns) = gᵀ·x, for some columns of x and of g: (rows, out), whose rows are `stride`
/// apart.
void stored_gradient(const StoredRows& x, Share columns, const Real* g, std::size_t stride,
                     std::size_t out, Real* to);

}  // namespace reel::inline REEL_PRECISION
