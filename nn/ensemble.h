// Ensembles: several networks as one.
#pragma once

#include <vector>

#include <reel/nn/sequential.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

/// One network whose output is the mean of the outputs of several, which were trained from other
/// first weights: a deep ensemble (Lakshminarayanan, Pritzel and Blundell, NeurIPS 2017). It is
/// usually better than each of them. If the outputs are scores of classes, the softmax of their
/// mean is the geometric mean of the members' probabilities, up to a factor.
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
/// Throws Error(Kind::usage) if there are no members, or if the layers of two members differ in
/// kind or shape; and if a layer is of another kind or has no values.
Sequential ensemble(const std::vector<Sequential>& members);

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
