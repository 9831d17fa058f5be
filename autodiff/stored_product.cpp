// Products with rows of bytes or of numbers: some rows of x and some of W at a time, whose sums
// stay in the processor's registers.
#include <reel/autodiff/stored_product.h>

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include <reel/autodiff/core/prefetch.h>
#include <reel/autodiff/simd.h>

namespace reel::inline REEL_PRECISION {
namespace {

using namespace simd;

// How many outputs two rows can be multiplied by without leaving the registers.
constexpr std::size_t most_outputs = vector_registers == 32 ? 10 : 5;

struct Sum {
  static Vector fold(Vector a, Vector b) { return a + b; }
};

template <class Element>
const Element* start(const StoredRows& x, std::size_t row, Share columns) {
  return static_cast<const Element*>(x.starts[row]) + columns.begin;
}

// What a sum of products with the elements of x is to be multiplied by.
Real factor(const StoredRows& x) { return x.scale ? x.scale->high + x.scale->low : 1; }

// partial (Rows, Outputs, lanes): x·wᵀ but for the sum over the lanes. Meanwhile the rows `next`
// are brought into the cache.
template <std::size_t Rows, std::size_t Outputs, class Element>
void multiply(const std::array<const Element*, Rows> x, const std::array<const Element*, Rows> next,
              std::size_t columns, const Real* w, Real* partial) {
  Vector s[Rows][Outputs]{};
  const auto add = [&](std::size_t k, const std::array<Vector, Rows>& part, std::size_t done = 0) {
#pragma GCC unroll 16
    for (std::size_t j = 0; j < Outputs; ++j) {
      Vector row = load(w + j * columns + k);
      if (done > 0) row = join(done, Vector{}, row);
#pragma GCC unroll 2
      for (std::size_t i = 0; i < Rows; ++i) s[i][j] += part[i] * row;
    }
  };
  std::array<Vector, Rows> part;
  std::size_t k = 0;
  for (; k + lanes <= columns; k += lanes) {
#pragma GCC unroll 2
    for (std::size_t i = 0; i < Rows; ++i) {
      __builtin_prefetch(next[i] + k);
      part[i] = load(x[i] + k);
    }
    add(k, part);
  }
  if (k < columns) {  // the last lanes once more, but for those that have been added
    const std::size_t last = columns - lanes, done = k - last;
    for (std::size_t i = 0; i < Rows; ++i) part[i] = join(done, Vector{}, load(x[i] + last));
    add(last, part, done);
  }
#pragma GCC unroll 2
  for (std::size_t i = 0; i < Rows; ++i)
#pragma GCC unroll 16
    for (std::size_t j = 0; j < Outputs; ++j) store(partial + (i * Outputs + j) * lanes, s[i][j]);
}

// Some rows of y (rows, out), and of these its first columns, as many as Outputs
template <std::size_t Outputs, class Element>
void multiply_rows(const StoredRows& x, Share rows, Share columns, const Real* w, std::size_t out,
                   Real* y) {
  constexpr std::size_t block = 8, ahead = 4;
  constexpr auto padded = [](std::size_t sums) { return (sums + lanes - 1) / lanes * lanes; };
  alignas(64) std::array<Real, padded(block * Outputs) * lanes> partial;
  alignas(64) std::array<Real, padded(block * Outputs)> product;
  const auto at = [&](std::size_t row) {
    return start<Element>(x, std::min(row, x.size() - 1), columns);
  };
  const Real scale = factor(x);
  for (std::size_t i = 0; i < ahead; ++i)
    prefetch(at(rows.begin + i), columns.size() * sizeof(Element));
  for (std::size_t first = rows.begin; first < rows.end; first += block) {
    const std::size_t count = std::min(block, rows.end - first);
    for (std::size_t i = 0; i < count; i += 2) {
      const std::size_t row = first + i, next = row + ahead;
      Real* const to = partial.data() + i * Outputs * lanes;
      if (i + 1 < count)
        multiply<2, Outputs, Element>({at(row), at(row + 1)}, {at(next), at(next + 1)},
                                      columns.size(), w, to);
      else
        multiply<1, Outputs, Element>({at(row)}, {at(next)}, columns.size(), w, to);
    }
    std::fill(partial.begin() + count * Outputs * lanes,
              partial.begin() + padded(count * Outputs) * lanes, Real(0));
    for (std::size_t i = 0; i < count * Outputs; i += lanes) {
      std::array<Vector, lanes> of_lanes;
      for (std::size_t j = 0; j < lanes; ++j) of_lanes[j] = load(partial.data() + (i + j) * lanes);
      store(product.data() + i, fold_each<Sum>(of_lanes) * scale);
    }
    for (std::size_t i = 0; i < count; ++i)
      std::copy_n(product.data() + i * Outputs, Outputs, y + (first + i) * out);
  }
}

// to (Outputs, columns) = gᵀ·x, or that is added to it, for some rows of both and Vectors·lanes
// columns; if it is one vector, for the last `count` ones of these
template <std::size_t Vectors, std::size_t Outputs, class Element>
void gradient(const StoredRows& x, Share rows, std::size_t column, std::size_t count, bool add,
              const Real* g, std::size_t stride, Real* to, std::size_t columns) {
  Vector s[Vectors][Outputs]{};
  for (std::size_t i = rows.begin; i < rows.end; ++i) {
    const Element* const from = static_cast<const Element*>(x.starts[i]) + column;
    Vector part[Vectors];
#pragma GCC unroll 2
    for (std::size_t v = 0; v < Vectors; ++v) part[v] = load(from + v * lanes);
#pragma GCC unroll 16
    for (std::size_t j = 0; j < Outputs; ++j)
#pragma GCC unroll 2
      for (std::size_t v = 0; v < Vectors; ++v) s[v][j] += part[v] * g[i * stride + j];
  }
  const Real scale = factor(x);
#pragma GCC unroll 16
  for (std::size_t j = 0; j < Outputs; ++j, to += columns)
#pragma GCC unroll 2
    for (std::size_t v = 0; v < Vectors; ++v) {
      Vector sum = s[v][j] * scale;
      if (add) sum += load(to + v * lanes);
      if (Vectors == 1 && count < lanes) sum = join(lanes - count, load(to), sum);
      store(to + v * lanes, sum);
    }
}

template <std::size_t Outputs, class Element>
void gradient_of_rows(const StoredRows& x, Share rows, Share columns, const Real* g,
                      std::size_t stride, Real* to) {
  const std::size_t width = columns.size();
  const bool add = rows.begin > 0;
  std::size_t k = 0;
  for (; k + 2 * lanes <= width; k += 2 * lanes)
    gradient<2, Outputs, Element>(x, rows, columns.begin + k, lanes, add, g, stride, to + k, width);
  for (; k < width; k += lanes) {  // the last lanes once more, but for those that are done
    const std::size_t begin = std::min(k, width - lanes);
    gradient<1, Outputs, Element>(x, rows, columns.begin + begin, lanes - (k - begin), add, g,
                                  stride, to + begin, width);
  }
}

// f(rows, first output, outputs, an element) for blocks of rows that stay in the cache, and for
// each of groups of outputs whose sums stay in registers; how many these are is a constant.
template <class F>
void for_blocks(const StoredRows& x, Share columns, std::size_t out, F f) {
  constexpr std::size_t bytes = 1 << 18;
  const std::size_t row = columns.size() * (x.scale ? 1 : sizeof(Real));
  const std::size_t block = std::max(bytes / row, std::size_t{16});
  const std::size_t groups = (out + most_outputs - 1) / most_outputs;
  const auto with = [&](Share rows, std::size_t begin, auto outputs) {
    if (x.scale)
      f(rows, begin, outputs, std::uint8_t{});
    else
      f(rows, begin, outputs, Real{});
  };
  for (std::size_t first = 0; first < x.size(); first += block)
    for (std::size_t i = 0; i < groups; ++i) {
      const Share rows{first, std::min(first + block, x.size())}, group = share_of(out, i, groups);
      [&]<std::size_t... N>(std::index_sequence<N...>) {
        static_cast<void>(
            ((group.size() == N + 1 &&
              (with(rows, group.begin, std::integral_constant<std::size_t, N + 1>()), true)) ||
             ...));
      }
      (std::make_index_sequence<most_outputs>());
    }
}

}  // namespace

void stored_product(const StoredRows& x, Share columns, const Real* w, std::size_t out, Real* y) {
  for_blocks(x, columns, out, [&](Share rows, std::size_t begin, auto outputs, auto element) {
    multiply_rows<outputs(), decltype(element)>(x, rows, columns, w + begin * columns.size(), out,
                                                y + begin);
  });
}

void stored_gradient(const StoredRows& x, Share columns, const Real* g, std::size_t stride,
                     std::size_t out, Real* to) {
  if (x.size() == 0) std::fill_n(to, out * columns.size(), Real(0));
  for_blocks(x, columns, out, [&](Share rows, std::size_t begin, auto outputs, auto element) {
    gradient_of_rows<outputs(), decltype(element)>(x, rows, columns, g + begin, stride,
                                                   to + begin * columns.size());
  });
}

}  // namespace reel::inline REEL_PRECISION
