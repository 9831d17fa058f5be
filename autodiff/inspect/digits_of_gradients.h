// How many digits of each gradient are right in float, beside double, and where they are lost.
#pragma once

#include <reel/autodiff/inspect/check.h>
#include <reel/autodiff/inspect/digits.h>

namespace reel::inline REEL_PRECISION {

/// Computes f, which must return one number, and its gradients at `inputs` as training does, with
/// the same kernels and rules, and records every number. `names`: of the inputs; by default x0, x1
/// and so on. Throws Error if f returns more than one number or depends on no input.
GradientRecord record_gradients(const CheckedFunction& f, const std::vector<Tensor>& inputs,
                                const std::vector<std::string>& names = {});

/// Compares a record made in float with the same function in double, at the same inputs: how many
/// digits of each gradient are right, and which operations lose digits. Call it in code that is
/// linked with reel::f64, with a record made in code that is linked with reel::f32; see
/// examples/digits/. Throws Error if f has other operations here than in the record.
///
/// To find where digits are lost, f is computed twice in double. Once from the inputs alone: the
/// digits of a step are those that agree with this result. And once so that each operation and each
/// rule uses the numbers in float of the steps before; its result then has the errors of its
/// inputs, but none of its own (`GradientDigits::Loss::exact`).
GradientDigits digits_of_gradients(const GradientRecord& tested, const CheckedFunction& f);

namespace detail {

GradientRecord record_gradients(const Program& program, const std::vector<Tensor>& inputs,
                                const std::vector<std::string>& names);
GradientDigits digits_of_gradients(const GradientRecord& tested, const Program& program);

}  // namespace detail
}  // namespace reel::inline REEL_PRECISION
