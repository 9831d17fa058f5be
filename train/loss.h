// The losses of a batch, as `fit` and `evaluate` take them.
#pragma once

#include <functional>
#include <string_view>

#include <reel/autodiff/engine/var.h>
#include <reel/autodiff/ops/loss.h>
#include <reel/data/dataset.h>

namespace reel::inline REEL_PRECISION {
namespace train {

/// A loss: one number from the model's output (batch, …) and the batch, a mean over the samples.
using Loss = std::function<Var(const Var& output, const data::Batch& batch)>;

/// The loss that suits the targets of the batch: the cross-entropy of scores (batch, classes) with
/// labels, the squared error of outputs (batch, outputs) with numbers, a mean over samples and
/// outputs. With weights, the mean is Σ wᵢ·lossᵢ / Σ wᵢ, and 0 if all weights of the batch are 0.
/// Throws Error if the output does not fit the targets, or if there are none.
Var default_loss(const Var& output, const data::Batch& batch);

/// The cross-entropy with smoothed labels, with weights of the classes or without an ignored label.
/// With weights c of the classes and w of the samples, the mean over a batch is Σ
/// wᵢ·c[labelᵢ]·lossᵢ / Σ wᵢ·c[labelᵢ], and 0 if that divisor is 0. It measures another thing than
/// the plain cross-entropy; see FitOptions::evaluation_loss. Throws Error for sample weights, which
/// belong to the data set, and for a sum.
///
///     train::fit(model, adam, data, rng,
///                {.loss = cross_entropy_loss({.class_weights = data::balanced_weights(data)}),
///                 .evaluation_loss = default_loss});
Loss cross_entropy_loss(CrossEntropyOptions options);

namespace detail {

// The loss of a batch; `loss` may be empty. Throws Error in the name of `where` if the output does
// not fit the data set and the default loss, or if the loss is not one number.
Var loss_of(std::string_view where, const Loss& loss, const Var& output, const data::Batch& batch,
            const data::Dataset& dataset);

}  // namespace detail
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
