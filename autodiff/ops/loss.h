// Losses: one number for a batch. Throws Error for the mean of no elements.
#pragma once

#include <optional>
#include <span>

#include <reel/autodiff/engine/var.h>

namespace reel::inline REEL_PRECISION {

/// How a loss becomes one number: the mean over the batch, or the sum.
enum class Reduction { mean, sum };

/// The options of losses whose targets are labels.
struct CrossEntropyOptions {
  Reduction reduction = Reduction::mean;  ///< the mean divides by the total weight of the samples
  Real label_smoothing = 0;               ///< ε: the share that is spread evenly over all classes
  Tensor class_weights = {};              ///< (classes); empty: all 1
  Tensor sample_weights = {};             ///< (batch); empty: all 1
  std::optional<Label> ignored = {};      ///< samples with this label are left out
};

/// −log softmax(logits)[label], over the batch: logits (batch, classes). Throws Error if the
/// numbers of labels and rows differ, if a label is outside 0 … classes − 1, or if all are ignored.
Var softmax_cross_entropy(const Var& logits, std::span<const Label> labels,
                          Reduction reduction = Reduction::mean);
Var softmax_cross_entropy(const Var& logits, std::span<const Label> labels,
                          const CrossEntropyOptions& options);
/// The same for log-probabilities: −log p[label].
Var negative_log_likelihood(const Var& log_probabilities, std::span<const Label> labels,
                            const CrossEntropyOptions& options = {});
/// −z·log σ(x) − (1 − z)·log(1 − σ(x)) for logits x and targets z in [0, 1] of the same shape.
Var binary_cross_entropy(const Var& logits, const Var& target,
                         Reduction reduction = Reduction::mean);
/// For predictions and targets of the same shape, without broadcasting: (p − t)²; |p − t|; and ½(p
/// − t)² up to |p − t| = delta, linear beyond.
Var squared_error(const Var& prediction, const Var& target, Reduction reduction = Reduction::mean);
/// The same for |p − t|.
Var absolute_error(const Var& prediction, const Var& target, Reduction reduction = Reduction::mean);
/// The same for ½(p − t)² up to |p − t| = delta, linear beyond.
Var huber(const Var& prediction, const Var& target, Real delta = 1,
          Reduction reduction = Reduction::mean);
/// t·(log t − log p), 0 where t is 0, for log-probabilities log p and probabilities t. Sums over
/// the last axis; the mean is over the other axes.
Var kl_divergence(const Var& log_prediction, const Var& target,
                  Reduction reduction = Reduction::mean);
/// max(0, 1 − t·p) for scores p and targets t of −1 or 1.
Var hinge(const Var& prediction, const Var& target, Reduction reduction = Reduction::mean);

}  // namespace reel::inline REEL_PRECISION
