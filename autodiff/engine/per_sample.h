// Gradients of each sample of a batch, from one backward sweep.
#pragma once

#include <span>
#include <vector>

#include <reel/autodiff/engine/var.h>

namespace reel::inline REEL_PRECISION {

/// For each parameter, the gradient of the loss of each sample: (batch,) + the parameter's shape.
/// `loss` is the sum of the losses of the samples (`Reduction::sum`), on the innermost tape. The
/// gradient of a sample is the outer product of two rows that a sweep computes anyway, so there is
/// no loop over samples. That holds for the layers that multiply rows by a weight and add a bias
/// (nn::Linear with bias), which may share parameters. Throws Error if another operation uses one
/// of the parameters, if the loss does not depend on one, if layers see batches of different
/// sizes, and in all cases in which `grad` throws.
/// Source: Goodfellow, Efficient Per-Example Gradient Computations, arXiv:1510.01799, 2015.
std::vector<Tensor> per_sample_gradients(const Var& loss, std::span<const Parameter> parameters);

/// For each sample, the Euclidean norm of its gradient with respect to all parameters together:
/// (batch). Forms no gradient. Throws Error in the same cases.
Tensor per_sample_gradient_norms(const Var& loss, std::span<const Parameter> parameters);

}  // namespace reel::inline REEL_PRECISION
