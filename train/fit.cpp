// The training loop.
#include <reel/train/fit.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include <reel/autodiff/core/random_scope.h>
#include <reel/autodiff/core/subnormals.h>
#include <reel/autodiff/core/warning.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/optim/clip.h>

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

bool finite(const std::optional<Evaluation>& evaluation) {
  return !evaluation || std::isfinite(evaluation->loss);
}

// The evaluations must have the number that early stopping judges.
void check_early_stopping(const FitOptions& options) {
  if (!options.validation)
    fail_usage("fit", "early stopping needs a validation set. Hint: data::split.");
  const std::string& name = options.early_stopping->judged();
  const bool known = name == "loss" || (name == "accuracy" && options.validation->classes() > 0) ||
                     std::any_of(options.metrics.begin(), options.metrics.end(),
                                 [&](const Metric& metric) { return metric.name == name; });
  if (!known)
    fail_usage("fit", "early stopping judges \"", name,
               "\", and there is no metric with this name. Hint: add it to `metrics`.");
}

void clear_gradients(std::vector<Parameter>& parameters) {
  for (Parameter& parameter : parameters) parameter.clear_gradient();
}

void check(const FitOptions& options) {
  if (options.epochs == 0) fail_usage("fit", "epochs = 0, expected at least 1.");
  if (options.accumulate == 0) fail_usage("fit", "accumulate = 0, expected at least 1.");
  if (options.clip_norm && !(*options.clip_norm >= 0 && std::isfinite(*options.clip_norm)))
    fail_usage("fit", "clip_norm = ", *options.clip_norm, ", expected finite and ≥ 0.");
  if (options.early_stopping) check_early_stopping(options);
}

// One call of `fit`.
class Run {
 public:
  Run(nn::Module& model, optim::Optimizer& optimizer, const data::Dataset& dataset,
      const FitOptions& options)
      : model_(model),
        optimizer_(optimizer),
        dataset_(dataset),
        options_(options),
        parameters_(model.parameters()),
        metrics_(options.metrics),
        position_(options.position ? *options.position : own_position_) {
    if (options.early_stopping && options.early_stopping->has_best())  // of a run before
      nn::detail::expect_fit("early_stopping", nn::state_of(model), options.early_stopping->best());
    clear_gradients(parameters_);
  }

  FitResult run(Rng& rng) {
    FitResult result;
    if (position_.batch > 0 && !position_.sums.empty()) metrics_.set_sums(position_.sums);
    EarlyStopping* const early = options_.early_stopping;
    while (position_.epoch <= options_.epochs) {
      if (early && early->should_stop()) {
        result.status = FitStatus::stopped_early;
        break;
      }
      Rng after = rng;
      EpochReport report{.epoch = position_.epoch};
      result.status = epoch(after, report);
      if (result.status == FitStatus::finished && !evaluate(report))
        result.status = FitStatus::diverged;
      if (result.status != FitStatus::finished) break;
      rng = after;
      metrics_.clear();
      position_.next_epoch();
      if (!options_.history) result.epochs.clear();
      result.epochs.push_back(std::move(report));
      if (options_.on_epoch) options_.on_epoch(result.epochs.back());
    }
    clear_gradients(parameters_);  // those of an unfinished step
    const bool complete =
        result.status == FitStatus::finished || result.status == FitStatus::stopped_early;
    if (complete && early && early->has_best()) early->copy_to(model_);
    return result;
  }

 private:
  // Trains on the batches that are left of the epoch, until a loss is not finite or the caller's
  // `stop` returns true.
  FitStatus epoch(Rng& rng, EpochReport& report) {
    const Rng key = rng.split(rng.state().position);
    const auto batches = data::batches(dataset_,
                                       {.batch_size = options_.batch_size,
                                        .drop_last = options_.drop_last,
                                        .block = options_.block,
                                        .first = position_.batch,
                                        .augmentation = options_.augmentation},
                                       rng);
    check_position();
    const Stopwatch watch;
    const FlushSubnormals flush;
    std::size_t index = position_.batch;
    for (const data::Batch& batch : batches) {
      const double lr = optimizer_.lr();
      const RandomScope scope(RandomScope::State{.key = key.split(index).state()});
      Tape tape;
      const Var output = model_(batch.inputs);
      const Var loss = detail::loss_of("fit", options_.loss, output, batch, dataset_);
      if (!std::isfinite(loss.item())) return FitStatus::diverged;
      const std::size_t group = options_.accumulate;
      const std::size_t in_step = std::min(group, batches.count() - index / group * group);
      tape.backward(in_step == 1 ? loss : loss / Real(in_step));
      metrics_.add(loss, output, batch);
      ++index;
      const bool stepped = index % group == 0 || index == batches.count();
      if (stepped && !step(index)) return FitStatus::diverged;
      report.samples += batch.size();
      const Progress progress{report.epoch,   index,           batches.count(),
                              report.samples, watch.seconds(), static_cast<double>(loss.item())};
      if (options_.record) options_.record->add(progress, lr);
      if (options_.on_batch) options_.on_batch(progress);
      if (stepped && options_.stop && options_.stop()) return FitStatus::stopped;
    }
    report.train_loss = metrics_.loss();
    report.metrics = metrics_.scores();
    report.seconds = watch.seconds();
    return FitStatus::finished;
  }

  // A step after `batches` batches of the epoch; false if the norm of the gradients is not finite.
  bool step(std::size_t batches) {
    if (options_.record) options_.record->before_step();
    if (options_.clip_norm &&
        !std::isfinite(optim::clip_gradient_norm(optimizer_.parameters(), *options_.clip_norm)))
      return false;
    optimizer_.step();
    if (options_.record) options_.record->after_step();
    if (!std::exchange(stepped_, true)) expect_all_trained();
    clear_gradients(parameters_);  // also those that the optimiser does not hold
    if (options_.average) options_.average->update(model_);
    position_.batch = batches;
    if (options_.position) position_.sums = metrics_.sums();
    if (options_.on_step) options_.on_step();
    return true;
  }

  // The step has cleared the gradients of the optimiser's own parameters.
  void expect_all_trained() const {
    for (const Parameter& parameter : parameters_)
      if (parameter.gradient())
        return warn(
            "fit", "parameter \"", parameter.name(),
            "\" has a gradient, but the optimiser does not have the parameter, so it is not "
            "trained. Hint: make the optimiser with model.parameters() of the finished "
            "model; if it is not to be trained, freeze() it.");
  }

  // A position from a run with other batches would skip or repeat samples.
  void check_position() const {
    if (position_.batch == 0 || position_.sums.empty()) return;
    const std::size_t expected = std::min(position_.batch * options_.batch_size, dataset_.size());
    if (metrics_.samples() != expected)
      fail_usage("fit", "the position is after ", position_.batch, " batches with ",
                 metrics_.samples(), " samples, and here these have ", expected,
                 ". Hint: resume with the same batch_size and data.");
  }

  // Evaluates the model, then the averaged weights if there are any. Early stopping judges the last
  // evaluation, and copies the weights that the model then has. False if a loss is not finite.
  bool evaluate(EpochReport& report) {
    const EvaluateOptions how{
        .loss = options_.evaluation_loss ? options_.evaluation_loss : options_.loss,
        .metrics = options_.metrics,
        .on_batch = options_.on_evaluation};
    const auto evaluate_on = [&](const data::Dataset* dataset, std::optional<Evaluation>& result) {
      if (dataset) result = train::evaluate(model_, *dataset, how);
      return finite(result);
    };
    if (!evaluate_on(options_.validation, report.validation)) return false;
    if (!evaluate_on(options_.test, report.test)) return false;
    std::optional<AveragedWeights> averaged;
    if (options_.average) {
      averaged.emplace(model_, *options_.average);
      if (!evaluate_on(options_.validation, report.averaged_validation)) return false;
      if (!evaluate_on(options_.test, report.averaged_test)) return false;
    }
    if (options_.early_stopping)
      options_.early_stopping->step(
          model_, averaged ? *report.averaged_validation : *report.validation, report.epoch);
    return true;
  }

  nn::Module& model_;
  optim::Optimizer& optimizer_;
  const data::Dataset& dataset_;
  const FitOptions& options_;
  std::vector<Parameter> parameters_;  // of the model
  Metrics metrics_;
  bool stepped_ = false;
  Position own_position_;
  Position& position_;
};

}  // namespace

FitResult fit(nn::Module& model, optim::Optimizer& optimizer, const data::Dataset& dataset,
              Rng& rng, const FitOptions& options) {
  check(options);
  model.train();
  return Run(model, optimizer, dataset, options).run(rng);
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
