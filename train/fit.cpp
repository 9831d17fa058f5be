// The training loop.
#include <reel/train/fit.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include <reel/autodiff/core/random_scope.h>
#include <reel/autodiff/core/subnormals.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/nn/losses.h>
#include <reel/optim/clip.h>

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

bool finite(const std::optional<Evaluation>& evaluation) {
  return !evaluation || std::isfinite(evaluation->loss);
}

Var loss_of(const Var& output, const data::Batch& batch, std::size_t classes) {
  if (output.value().dimension() != 2 || output.shape()[1] != classes)
    fail_usage("fit", "the model's output is ", to_string(output.shape()), ", the data set has ",
               classes, " classes.");
  return nn::cross_entropy(output, batch.labels);
}

void clear_gradients(std::vector<Parameter>& parameters) {
  for (Parameter& parameter : parameters) parameter.clear_gradient();
}

// Trains on each batch in turn, until a loss is not finite or the caller's `stop` returns true, and
// writes `report`. `parameters` are those of the model; `key` is for the epoch's random numbers.
FitStatus epoch(nn::Module& model, std::vector<Parameter>& parameters, optim::Optimizer& optimizer,
                const data::Batches& batches, const Rng& key, const FitOptions& options,
                EpochReport& report) {
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const FlushSubnormals flush;
  double loss_sum = 0;
  std::size_t index = 0;
  for (const data::Batch& batch : batches) {
    const RandomScope scope(RandomScope::State{.key = key.split(index).state()});
    Tape tape;
    const Var output = model(batch.images);
    const Var loss = options.loss ? options.loss(output, batch)
                                  : loss_of(output, batch, batches.dataset().classes());
    if (!std::isfinite(loss.item())) return FitStatus::diverged;
    const std::size_t group = options.accumulate;
    const std::size_t in_step = std::min(group, batches.count() - index / group * group);
    tape.backward(in_step == 1 ? loss : loss / Real(in_step));
    ++index;
    if (index % group == 0 || index == batches.count()) {
      if (options.clip_norm &&
          !std::isfinite(optim::clip_gradient_norm(optimizer.parameters(), *options.clip_norm)))
        return FitStatus::diverged;
      optimizer.step();
      clear_gradients(parameters);  // also those that the optimiser does not hold
      if (options.on_step) options.on_step();
    }
    loss_sum += loss.item() * static_cast<double>(batch.size());
    report.samples += batch.size();
    if (options.on_batch)
      options.on_batch(
          {report.epoch, index, batches.count(), report.samples, seconds(), loss.item()});
    if (options.stop && options.stop()) return FitStatus::stopped;
  }
  report.train_loss = loss_sum / static_cast<double>(report.samples);
  report.seconds = seconds();
  return FitStatus::finished;
}

}  // namespace

FitResult fit(nn::Module& model, optim::Optimizer& optimizer, const data::Dataset& dataset,
              Rng& rng, const FitOptions& options) {
  if (options.epochs == 0) fail_usage("fit", "epochs = 0, expected at least 1.");
  if (options.accumulate == 0) fail_usage("fit", "accumulate = 0, expected at least 1.");
  FitResult result;
  model.train();
  std::vector<Parameter> parameters = model.parameters();
  clear_gradients(parameters);
  for (std::size_t i = 0; i < options.epochs; ++i) {
    EpochReport report{.epoch = options.first_epoch + i};
    const Rng key = rng.split(rng.state().position);
    const auto batches = data::batches(
        dataset, {.size = options.batch, .drop_last = options.drop_last, .block = options.block},
        rng);
    result.status = epoch(model, parameters, optimizer, batches, key, options, report);
    if (result.status != FitStatus::finished) {
      clear_gradients(parameters);  // gradients of an unfinished step
      return result;
    }
    if (options.validation) report.validation = evaluate(model, *options.validation);
    if (options.test) report.test = evaluate(model, *options.test);
    if (!finite(report.validation) || !finite(report.test)) {
      result.status = FitStatus::diverged;
      return result;
    }
    if (!options.history) result.epochs.clear();
    result.epochs.push_back(std::move(report));
    if (options.on_epoch) options.on_epoch(result.epochs.back());
  }
  return result;
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
