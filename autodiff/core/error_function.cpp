// The complementary error function, by vectors. With g++ this file is compiled with -ffast-math,
// because then <math.h> of glibc 2.35 and later declares its vector functions for x86-64, and g++
// calls them. With another compiler or library the loop calls the ordinary function. (In xsimd 8.1,
// erfc loses NaN, and all digits in its tail.)
#include <reel/autodiff/core/error_function.h>

#include <math.h>

#include <algorithm>
#include <array>

namespace reel {
namespace {

float erfc_of(float x) { return ::erfcf(x); }
double erfc_of(double x) { return ::erfc(x); }

// The last numbers are filled up to a block: the ordinary function rounds in another way.
template <class T>
void by_blocks(std::span<const T> in, std::span<T> out) {
  constexpr std::size_t block_size = 64 / sizeof(T);  // of AVX-512
  std::array<T, block_size> block{};
  for (std::size_t begin = 0; begin < in.size(); begin += block_size) {
    const std::span<const T> some = in.subspan(begin, std::min(block_size, in.size() - begin));
    std::copy(some.begin(), some.end(), block.begin());
    for (T& x : block) x = erfc_of(x);
    std::copy_n(block.begin(), some.size(), out.subspan(begin).begin());
  }
}

}  // namespace

void complementary_error(std::span<const float> in, std::span<float> out) { by_blocks(in, out); }
void complementary_error(std::span<const double> in, std::span<double> out) { by_blocks(in, out); }

}  // namespace reel
