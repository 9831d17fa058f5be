// simd::Vector: as many numbers as a register holds, by the compiler's own vector types.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include <reel/autodiff/core/real.h>

namespace reel::inline REEL_PRECISION {
namespace simd {

#if defined(__AVX512F__)
constexpr std::size_t vector_bytes = 64, vector_registers = 32;
#elif defined(__AVX__)
constexpr std::size_t vector_bytes = 32, vector_registers = 16;
#elif defined(__aarch64__)
constexpr std::size_t vector_bytes = 16, vector_registers = 32;
#else
constexpr std::size_t vector_bytes = 16, vector_registers = 16;
#endif

constexpr std::size_t lanes = vector_bytes / sizeof(Real);
using Vector [[gnu::vector_size(vector_bytes)]] = Real;
using Index = std::conditional_t<sizeof(Real) == 4, std::int32_t, std::int64_t>;
using Indices [[gnu::vector_size(vector_bytes)]] = Index;

inline Vector load(const Real* from) {
  Vector v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

/// The numbers that bytes are.
inline Vector load(const std::uint8_t* from) {
// g++ 12 does not find the instruction by itself, and warns of its own header without a mask.
#if defined(__AVX512F__) && !defined(REEL_F64)
  __m128i bytes;
  std::memcpy(&bytes, from, sizeof bytes);
  const auto wide = std::bit_cast<Indices>(_mm512_maskz_cvtepu8_epi32(0xFFFF, bytes));
  return __builtin_convertvector(wide, Vector);
#elif defined(__AVX2__) && !defined(REEL_F64)
  return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadu_si64(from)));
#else
  std::array<Real, lanes> numbers;
  for (std::size_t i = 0; i < lanes; ++i) numbers[i] = from[i];
  return load(numbers.data());
#endif
}

inline void store(Real* to, Vector v) { std::memcpy(to, &v, sizeof v); }

/// The number of each lane, 0, 1, …
inline Indices lane_numbers() {
  std::array<Index, lanes> numbers;
  for (std::size_t i = 0; i < lanes; ++i) numbers[i] = static_cast<Index>(i);
  Indices v;
  std::memcpy(&v, &numbers, sizeof v);
  return v;
}

/// The first `count` lanes of a, and the others of b.
inline Vector join(std::size_t count, Vector a, Vector b) {
  return lane_numbers() < static_cast<Index>(count) ? a : b;
}

namespace detail {

// Of two vectors, each in blocks of 2·width lanes: the lower or the upper half of each block, those
// of a and of b in turn.
template <std::size_t width, bool upper, std::size_t... I>
Vector halves(Vector a, Vector b, std::index_sequence<I...>) {
  return __builtin_shufflevector(
      a, b,
      static_cast<int>((I / width % 2 ? lanes : 0) + I / (2 * width) * (2 * width) + I % width +
                       (upper ? width : 0))...);
}

}  // namespace detail

/// In lane i all lanes of vector i, folded by F::fold, which is associative and commutative; for
/// width = lanes / 2. The vectors are overwritten.
template <class F, std::size_t width = lanes / 2>
Vector fold_each(std::array<Vector, lanes>& v) {
  constexpr auto all = std::make_index_sequence<lanes>();
  for (std::size_t i = 0; i < width; ++i)
    v[i] = F::fold(detail::halves<width, false>(v[i], v[i + width], all),
                   detail::halves<width, true>(v[i], v[i + width], all));
  if constexpr (width == 1)
    return v[0];
  else
    return fold_each<F, width / 2>(v);
}

}  // namespace simd
}  // namespace reel::inline REEL_PRECISION
