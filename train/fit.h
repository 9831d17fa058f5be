// The training loop: epochs over minibatches, with reports.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include <reel/data/batches.h>
#include <reel/nn/module.h>
#include <reel/optim/optimizer.h>
#include <reel/train/evaluate.h>

namespace reel::inline REEL_PRECISION {
namespace train {

/// The state of a run after a batch.
struct Progress {
  std::size_t epoch;    ///< from 1
  std::size_t batch;    ///< the number in this epoch, from 1
  std::size_t batches;  ///< in an epoch
  std::size_t samples;  ///< in this epoch so far
  double seconds;       ///< in this epoch so far, only training
  double loss;          ///< of the batch
};

/// The results of one epoch.
struct EpochReport {
  std::size_t epoch = 0;    ///< from 1
  double train_loss = 0;    ///< mean over the samples, each with the weights when it was trained on
  std::size_t samples = 0;  ///< trained on
  double seconds = 0;       ///< only training, without evaluation
  std::optional<Evaluation> validation = {}, test = {};  ///< of the data sets in the options

  /// The speed of training.
  double samples_per_second() const { return static_cast<double>(samples) / seconds; }
};

/// The options of `fit`.
struct FitOptions {
  std::size_t epochs = 10;                    ///< how many passes over the data
  std::size_t batch = 64;                     ///< how many samples a batch has
  bool drop_last = false;                     ///< leave out a short last batch
  std::size_t block = 0;                      ///< shuffle in blocks; see data::BatchOptions
  std::size_t first_epoch = 1;                ///< the number of the first epoch, for a resumed run
  std::size_t accumulate = 1;                 ///< batches in each step; gradients are averaged
  std::optional<double> clip_norm = {};       ///< see optim::clip_gradient_norm
  const data::Dataset* validation = nullptr;  ///< evaluated after each epoch
  const data::Dataset* test = nullptr;        ///< also evaluated after each epoch
  /// The loss, any function of the output and the batch; by default cross-entropy.
  std::function<Var(const Var& output, const data::Batch&)> loss = {};
  bool history = true;                 ///< keep the reports of all epochs; false: only the last
  std::function<void()> on_step = {};  ///< called after each optimiser step: for a schedule
  std::function<void(const Progress&)> on_batch = {};     ///< called after each batch
  std::function<void(const EpochReport&)> on_epoch = {};  ///< called after each epoch
  std::function<bool()> stop = {};  ///< called after each batch; true ends the run
};

/// How a run ended.
enum class FitStatus {
  finished,  ///< all epochs
  stopped,   ///< `stop` returned true; the last, partial epoch has no report
  /// A loss in training or evaluation, or a norm for clipping, was not finite. The weights are
  /// those that gave this loss, but the running statistics of batch norm already include the batch.
  diverged,
};

/// The result of a run.
struct FitResult {
  FitStatus status = FitStatus::finished;  ///< how it ended
  std::vector<EpochReport> epochs;         ///< only the last one if history = false
};

/// Trains a classifier. Each epoch draws a new order of the samples from `rng`. The same seed gives
/// the same bits, on any number of threads (core/parallel.h). The gradients of the model's
/// parameters are cleared at the start and after each step. Throws Error if there are no epochs, if
/// the batch size leaves no batch, or if the model's outputs don't fit the loss or the data.
FitResult fit(nn::Module& model, optim::Optimizer& optimizer, const data::Dataset& dataset,
              Rng& rng, const FitOptions& options = {});

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
