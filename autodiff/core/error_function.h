// The complementary error function of many numbers.
#pragma once

#include <span>

namespace reel {

/// Writes erfc(in[i]) to out[i]; both have the same size, and may be the same memory. The result of
/// a number does not depend on its place. It is as exact as the C library's: wrong by a few units
/// in the last place, in the tail too.
void complementary_error(std::span<const float> in, std::span<float> out);
void complementary_error(std::span<const double> in, std::span<double> out);

}  // namespace reel
