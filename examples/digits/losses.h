// Two formulas for a variance, compiled for float and for double.
#pragma once

#include <reel/reel.h>

// Code that both halves of the program contain belongs into an inline namespace of this name, as
// Reel's own. So the two versions are different functions, and the linker keeps both.
inline namespace REEL_PRECISION {

inline reel::Var two_pass(std::span<const reel::Var> x) { return mean(square(x[0] - mean(x[0]))); }

inline reel::Var one_pass(std::span<const reel::Var> x) {
  return mean(square(x[0])) - square(mean(x[0]));
}

}  // namespace REEL_PRECISION

// In in_double.cpp. The records and the result are the same types in both halves.
reel::GradientDigits two_pass_digits(const reel::GradientRecord& in_float);
reel::GradientDigits one_pass_digits(const reel::GradientRecord& in_float);
