// Folds many numbers into one: sums and maxima of rows, columns and lanes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/tensor/evaluate.h>
#include <reel/autodiff/tensor/kernels.h>

namespace reel::inline REEL_PRECISION {
namespace folds {

// Adds in independent columns, which the compiler vectorises; then folds the columns pairwise.
struct Sum {
  static constexpr Real start = 0;
  static Real fold(Real a, Real b) { return a + b; }
};

struct Max {
  static constexpr Real start = -std::numeric_limits<Real>::infinity();
  static Real fold(Real a, Real b) { return a > b || a != a ? a : b; }  // keeps NaN
};

// May drop NaN, which is cheaper; used for softmax, where a NaN spoils its row anyway.
struct Peak {
  static constexpr Real start = -std::numeric_limits<Real>::infinity();
  static Real fold(Real a, Real b) { return std::max(a, b); }
};

struct Min {
  static constexpr Real start = std::numeric_limits<Real>::infinity();
  static Real fold(Real a, Real b) { return a < b || a != a ? a : b; }  // keeps NaN
};

template <class F, std::size_t width>
Real fold_columns(const Real* x, std::size_t n) {
  std::array<Real, width> columns;
  columns.fill(F::start);
  std::size_t i = 0;
  for (; i + width <= n; i += width)
    for (std::size_t j = 0; j < width; ++j) columns[j] = F::fold(columns[j], x[i + j]);
  for (std::size_t j = 0; i < n; ++i, ++j) columns[j] = F::fold(columns[j], x[i]);
  for (std::size_t half = width / 2; half > 0; half /= 2)
    for (std::size_t j = 0; j < half; ++j) columns[j] = F::fold(columns[j], columns[j + half]);
  return columns[0];
}

template <class F>
Real fold_row(const Real* x, std::size_t n) {
  if (n >= 32) return fold_columns<F, 16>(x, n);
  if (n >= 16) return fold_columns<F, 4>(x, n);
  Real folded = F::start;  // the processor overlaps neighbouring rows
  for (std::size_t i = 0; i < n; ++i) folded = F::fold(folded, x[i]);
  return folded;
}

// Folds several short rows as one row several times as long, which vectorises.
constexpr std::size_t few = 32, several = 8;

// (n, inner) → (inner)
template <class F>
void fold_rows(const Real* x, std::size_t n, std::size_t inner, Real* out) {
  const auto fold = [](Real* to, const Real* from, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) to[i] = F::fold(to[i], from[i]);
  };
  std::size_t k = 0;
  if (inner <= few && n >= 2 * several) {
    std::array<Real, several * few> rows;
    std::copy_n(x, several * inner, rows.data());
    for (k = several; k + several <= n; k += several)
      fold(rows.data(), x + k * inner, several * inner);
    for (std::size_t half = several / 2; half > 0; half /= 2)
      fold(rows.data(), rows.data() + half * inner, half * inner);
    std::copy_n(rows.data(), inner, out);
  } else {
    std::fill_n(out, inner, F::start);
  }
  for (; k < n; ++k) fold(out, x + k * inner, inner);
}

// (n, inner) → (inner)
template <class F>
void fold_lane(const Real* x, std::size_t n, std::size_t inner, Real* out) {
  if (inner == 1)
    *out = fold_row<F>(x, n);
  else
    fold_rows<F>(x, n, inner, out);
}

// (outer, n, inner) → (outer, inner). A long lane is folded in parts, and then the parts are
// folded. The number of parts depends on the shape alone.
template <class F>
void fold_lanes(const Real* x, const Lanes& l, Real* out) {
  constexpr std::size_t least_rows = 8;  // in a part, so that the parts have few results
  const std::size_t size = l.n * l.inner;
  const std::size_t parts = std::min(size / detail::elements_at_once, l.n / least_rows);
  if (parts < 2) {
    const std::size_t grain = detail::elements_at_once / std::max<std::size_t>(1, size);
    return parallel_ranges(l.outer, std::max<std::size_t>(1, grain), [&](Range some) {
      for (std::size_t o = some.begin; o < some.end; ++o)
        fold_lane<F>(x + o * size, l.n, l.inner, out + o * l.inner);
    });
  }
  xt::uvector<Real, memory::Allocator<Real>> folded(parts * l.inner);
  for (std::size_t o = 0; o < l.outer; ++o) {
    parallel_for(parts, [&](std::size_t i) {
      const Range rows = range_of(l.n, i, parts);
      fold_lane<F>(x + o * size + rows.begin * l.inner, rows.size(), l.inner,
                   folded.data() + i * l.inner);
    });
    fold_lane<F>(folded.data(), parts, l.inner, out + o * l.inner);
  }
}

}  // namespace folds
}  // namespace reel::inline REEL_PRECISION
