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

/// Where a run stands, after a batch.
struct Progress {
  std::size_t epoch;    ///< from 1
  std::size_t batch;    ///< of this epoch, from 1
  std::size_t batches;  ///< in an epoch
  std::size_t samples;  ///< of this epoch so far
  double seconds;       ///< of this epoch so far, training alone
  double loss;          ///< of the batch
};

struct EpochReport {
  std::size_t epoch = 0;    ///< from 1
  double train_loss = 0;    ///< the mean over the samples, each at the weights it was trained with
  std::size_t samples = 0;  ///< trained on
  double seconds = 0;       ///< training alone, without evaluation
  std::optional<Evaluation> validation = {}, test = {};

  double samples_per_second() const { return static_cast<double>(samples) / seconds; }
};

struct FitOptions {
  std::size_t epochs = 10;
  std::size_t batch = 64;
  bool drop_last = false;                     ///< leave out a short last batch
  std::size_t block = 0;                      ///< shuffle in blocks; see data::BatchOptions
  std::size_t first_epoch = 1;                ///< the number of the first one, for a resumed run
  std::size_t accumulate = 1;                 ///< batches in a step; their gradients are averaged
  std::optional<double> clip_norm = {};       ///< see optim::clip_gradient_norm
  const data::Dataset* validation = nullptr;  ///< evaluated after each epoch
  const data::Dataset* test = nullptr;        ///< the same
  /// By default cross-entropy; any function of the batch.
  std::function<Var(const Var& output, const data::Batch&)> loss = {};
  bool history = true;                 ///< keep the report of each epoch; false: the last one alone
  std::function<void()> on_step = {};  ///< after each step of the optimiser: a schedule's, say
  std::function<void(const Progress&)> on_batch = {};
  std::function<void(const EpochReport&)> on_epoch = {};
  std::function<bool()> stop = {};  ///< asked after each batch; true ends the run
};

enum class FitStatus {
  finished,  ///< all epochs
  stopped,   ///< `stop` said so; the last, partial epoch has no report
  /// a loss, in training or evaluation, or a norm to clip by was not finite; the weights are those
  /// it is of, but batch norm's running statistics have seen the batch
  diverged,
};

struct FitResult {
  FitStatus status = FitStatus::finished;
  std::vector<EpochReport> epochs;  ///< the last one alone if history = false
};

/// Trains a classifier: each epoch draws a new order of the samples from `rng`. The same seed ends
/// in the same bits, on any number of threads (core/parallel.h). The gradients of the model's
/// parameters are emptied at the start and after each step. Throws Error for no epochs, a batch
/// size that leaves no batch, or a model whose outputs don't fit the loss or the data.
FitResult fit(nn::Module& model, optim::Optimizer& optimizer, const data::Dataset& dataset,
              Rng& rng, const FitOptions& options = {});

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
