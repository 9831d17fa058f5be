// The training loop: epochs over minibatches, with reports.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include <reel/data/batches.h>
#include <reel/nn/module.h>
#include <reel/optim/optimizer.h>
#include <reel/train/early_stopping.h>
#include <reel/train/evaluate.h>
#include <reel/train/loss.h>
#include <reel/train/metrics.h>
#include <reel/train/progress.h>
#include <reel/train/training_record.h>
#include <reel/train/weight_average.h>

namespace reel::inline REEL_PRECISION {
namespace train {

/// The results of one epoch.
struct EpochReport {
  std::size_t epoch = 0;  ///< from 1
  /// Mean over the samples of the epoch, each with the weights when it was trained on.
  double train_loss = 0;
  Scores metrics = {};      ///< such means by the names of the metrics
  std::size_t samples = 0;  ///< trained on; without those before the run was resumed
  double seconds = 0;       ///< for these samples, without evaluation
  std::optional<Evaluation> validation = {}, test = {};  ///< of the data sets in the options
  /// The same with the averaged weights, if the options have an average.
  std::optional<Evaluation> averaged_validation = {}, averaged_test = {};

  /// The speed of training.
  double samples_per_second() const { return static_cast<double>(samples) / seconds; }
};

/// The options of `fit`.
struct FitOptions {
  std::size_t epochs = 10;      ///< the number of the last epoch
  std::size_t batch_size = 64;  ///< how many samples a batch has
  bool drop_last = false;       ///< leave out a short last batch
  std::size_t block = 0;        ///< shuffle in blocks; see data::BatchOptions
  /// Changes the images of each batch; see data::BatchOptions. Each epoch draws other changes.
  const data::Augmentation* augmentation = nullptr;
  std::size_t accumulate = 1;                 ///< batches in each step; gradients are averaged
  std::optional<double> clip_norm = {};       ///< see optim::clip_gradient_norm
  const data::Dataset* validation = nullptr;  ///< evaluated after each epoch
  const data::Dataset* test = nullptr;        ///< also evaluated after each epoch
  Loss loss = {};                             ///< by default default_loss
  /// The loss of the evaluations; by default `loss`. With `default_loss`, the evaluations of runs
  /// with different losses, such as cross_entropy_loss({.label_smoothing = …}), can be compared.
  Loss evaluation_loss = {};
  std::vector<Metric> metrics = {};  ///< of the training outputs, and of the evaluations
  /// Where the run begins: the first epoch and batch. It is kept up to date, so that a checkpoint
  /// may be saved in `on_step` and in `on_epoch`.
  Position* position = nullptr;
  /// Updated after each step. After each epoch, the model is evaluated with these weights too.
  WeightAverage* average = nullptr;
  /// Judges each `validation`, or `averaged_validation` if there is an average, and keeps the
  /// weights of the best. When the run is finished or stopped early, the model gets these weights.
  EarlyStopping* early_stopping = nullptr;
  /// Records loss, rate, gradients and updates of each batch, before `on_batch`.
  TrainingRecord* record = nullptr;
  bool history = true;                 ///< keep the reports of all epochs; false: only the last
  std::function<void()> on_step = {};  ///< called after each optimiser step: for a schedule
  std::function<void(const Progress&)> on_batch = {};  ///< called after each batch
  /// Called after each batch of an evaluation: for a ProgressLine.
  std::function<void(const EvaluationProgress&)> on_evaluation = {};
  std::function<void(const EpochReport&)> on_epoch = {};  ///< called after each epoch
  std::function<bool()> stop = {};  ///< called after each step; true ends the run
};

/// How a run ended.
enum class FitStatus {
  finished,       ///< all epochs
  stopped,        ///< `stop` returned true; the last, partial epoch has no report
  stopped_early,  ///< the patience of `early_stopping` was exhausted before the last epoch
  /// A loss in training or evaluation, or a norm for clipping, was not finite. The weights are
  /// those that gave this loss, but the running statistics of batch norm already include the batch.
  diverged,
};

/// The result of a run.
struct FitResult {
  FitStatus status = FitStatus::finished;  ///< how it ended
  std::vector<EpochReport> epochs;         ///< only the last one if history = false
};

/// Trains a model on classes, on numbers, or by a loss of the caller's own. Each epoch draws a new
/// order of the samples from `rng`, whose state moves on at the end of the epoch. So the state in
/// the middle of an epoch, the position, and the states of the model, the optimiser, the average
/// and the early stopping are all that another run needs to continue to the same bits
/// (checkpoint.h); nothing else may draw from `rng` meanwhile. The same seed gives the same bits,
/// on any number of threads (core/parallel.h). The gradients of the model's parameters are cleared
/// at the start and after each step. Warns if the optimiser does not have a parameter that gets a
/// gradient. Throws Error for options that make no sense, or if the model's outputs do not fit the
/// loss or the data.
[[nodiscard]] FitResult fit(nn::Module& model, optim::Optimizer& optimizer,
                            const data::Dataset& dataset, Rng& rng, const FitOptions& options = {});

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
