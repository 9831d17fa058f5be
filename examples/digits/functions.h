// Two formulas for the same function, compiled for float and for double.
#pragma once

#include <reel/reel.h>

// Code that both halves of the program contain belongs into an inline namespace of this name, as
// Reel's own. So the two versions are different functions, and the linker keeps both.
inline namespace REEL_PRECISION {

inline reel::Var good(std::span<const reel::Var> x) { return sum(softplus(x[0])); }
inline reel::Var bad(std::span<const reel::Var> x) { return sum(log(1 + exp(x[0]))); }

}  // namespace REEL_PRECISION

// In in_double.cpp. Records and results have the same types in both halves.
reel::GradientDigits digits_of_good(const reel::GradientRecord& in_float);
reel::GradientDigits digits_of_bad(const reel::GradientRecord& in_float);
