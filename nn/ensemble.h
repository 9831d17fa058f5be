// Ensembles: several networks as one.
#pragma once

#include <vector>

#include <reel/nn/sequential.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

/// One network whose output is the mean of the outputs of several, which were trained from
/// different first weights. It is usually better than each of them. If the outputs are scores of
/// classes, it predicts the geometric mean of the members' probabilities, up to a factor; a deep
/// ensemble (Lakshminarayanan, Pritzel and Blundell, NeurIPS 2017) predicts their arithmetic mean.
///
/// The members are MLPs of the same shape, as `mlp` makes them: Linear, BatchNorm, Dropout, and
/// activations that work on each element; the last layer is a Linear. The units of all members
/// stand side by side: N members of 784-100-50-10 make a 784-100N-50N-10, whose hidden weights are
/// block diagonal, and whose last weights are those of the members divided by N:
///
///     W₁ = (A₁)     W₂ = (A₂  0)     W₃ = (A₃  B₃)/2
///          (B₁)          (0  B₂)
///
/// So everything that takes a Sequential takes an ensemble. A product of two hidden layers costs N
/// times as much as the members' together, because it multiplies the zeros, too. In eval mode the
/// output is the mean up to rounding; further training also trains the zeros.
///
/// Throws Error(Kind::usage) if there are no members, or if two members differ in the number of
/// their layers, or in the kind, shape or options of a layer (functions are compared by their
/// names); if a layer is of another kind, if it has no values, or if layers share a parameter.
Sequential ensemble(const std::vector<Sequential>& members);

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
