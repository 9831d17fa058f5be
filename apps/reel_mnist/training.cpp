// Makes the parts of a run, and runs it.
#include "training.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/hash.h>
#include <reel/autodiff/core/random_scope.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/data/balance.h>
#include <reel/data/batches.h>
#include <reel/optim/clip.h>
#include <reel/optim/optimizers.h>
#include <reel/optim/schedules.h>
#include <reel/train/stop_signals.h>

#include "../common/output.h"
#include "../common/text.h"
#include "epochs.h"
#include "run_folder.h"
#include "survey.h"

namespace reel::mnist {
namespace {

constexpr std::size_t stream_block = 8192;  // images: 6 MB of MNIST's

std::unique_ptr<optim::Optimizer> make_optimizer(const TrainOptions& options, double lr,
                                                 nn::Module& model) {
  const optim::NamedOptimizer& method = optim::find_optimizer(options.optimizer);
  optim::NamedOptions given{{"lr", lr}};
  for (const auto& [name, value] : options.optimizer_options) {
    if (!value) continue;
    const auto is_it = [&key = name](const optim::NamedOption& own) { return own.name == key; };
    if (std::none_of(method.options.begin(), method.options.end(), is_it)) {
      std::vector<std::string> names;
      for (const optim::NamedOption& own : method.options)
        names.push_back(apps::with_dashes(std::string(own.name)));
      fail_usage("optimizer", options.optimizer, " has no ", apps::with_dashes(name),
                 ". Hint: its options are ", apps::listed(names), '.');
    }
    given.push_back({name, *value});
  }
  return optim::make_optimizer(options.optimizer, model.parameters(), given);
}

data::BatchOptions batch_options(const TrainOptions& options) {
  return {.batch_size = options.batch_size,
          .drop_last = true,
          .block = options.stream ? stream_block : 0};
}

std::size_t batches_in(const data::Dataset& dataset, const TrainOptions& options) {
  if (options.batch_size > dataset.size())
    fail_usage("batch", grouped(options.batch_size), " images in a batch are more than the ",
               grouped(dataset.size()), " to train on. Hint: a smaller --batch.");
  return data::batches(dataset, batch_options(options)).count();
}

// Empty: the plain cross-entropy.
train::Loss make_loss(const TrainOptions& options, const data::Dataset& dataset) {
  const bool balanced = options.class_weights == "balanced";
  if (!balanced && options.label_smoothing == 0) return {};
  CrossEntropyOptions loss{.label_smoothing = static_cast<Real>(options.label_smoothing)};
  if (balanced) loss.class_weights = data::balanced_weights(dataset);
  return train::cross_entropy_loss(std::move(loss));
}

std::optional<data::Augmentation> make_augmentation(const TrainOptions& o) {
  if (o.shift == 0 && o.rotate == 0 && o.scale == 0 && o.shear == 0 && o.elastic == 0 &&
      o.flip == 0 && o.erase == 0)
    return std::nullopt;
  return data::Augmentation({.shift = o.shift,
                             .rotation = o.rotate,
                             .scale = o.scale,
                             .shear = o.shear,
                             .elastic = o.elastic,
                             .smoothing = o.elastic_sigma.value_or(5),
                             .flip = o.flip,
                             .erase = o.erase});
}

// The size of a set, and a fingerprint of a thousand of its images.
std::string identity(const data::Dataset& dataset) {
  std::vector<std::uint32_t> rows;
  const std::size_t every = std::max<std::size_t>(1, dataset.size() / 1000);
  for (std::size_t i = 0; i < dataset.size(); i += every)
    rows.push_back(static_cast<std::uint32_t>(i));
  const data::Dataset some = dataset.subset(rows);
  const std::string hash = hash_text(fingerprint(survey(some), {}, some));
  return concat(grouped(dataset.size()), " images with the fingerprint ", hash);
}

}  // namespace

Training::Training(const TrainOptions& given, const data::Images& images)
    : Training(given, images, Rng(given.seed).split(0), Rng(given.seed).split(2)) {}

Training::Training(const TrainOptions& given, const data::Images& images, Rng weights, Rng order)
    : options(given),
      network(make_model(given, weights)),
      parts((check_fits(network.architecture, images.train, given.load),
             ValidationSplit{given.seed, given.validation}.of(images.train))),
      test(images.test),
      lr(given.lr.value_or(optim::find_optimizer(given.optimizer).lr)),
      batches_(batches_in(parts.rest, given)),
      order_(order),
      loss_(make_loss(given, parts.rest)),
      augmentation_(make_augmentation(given)),
      data_(options.checkpoint.empty() ? "" : identity(images.train)) {
  const auto expect_validation = [&](bool needs, const char* option) {
    if (needs && parts.held_out.size() == 0)
      fail_usage(option, "it judges validation images, and --validation 0 leaves none.");
  };
  expect_validation(options.patience.has_value(), "patience");
  expect_validation(options.schedule == "plateau", "schedule plateau");
  network.architecture.data = images.train.name();
  Settings defaults{{"lr", apps::shortest_text(lr)}};
  if (given.load.empty()) defaults["init"] = default_init;
  settings_ = settings_with(options.settings, network.architecture, defaults);
  network.architecture.split = {given.seed, given.validation};
  optimizer = make_optimizer(given, lr, network.model);
  make_schedule();
  if (options.patience)
    early_stopping.emplace(
        train::EarlyStoppingOptions{.patience = *options.patience,
                                    .maximize = options.monitor == "accuracy" ? "accuracy" : ""});
  if (options.average)
    average.emplace(network.model, train::WeightAverageOptions{.decay = *options.average});
  if (!options.checkpoint.empty()) {
    checkpoints_.emplace(options.checkpoint);
    lock_.emplace(options.checkpoint, "checkpoint");
  }
}

void Training::make_schedule() {
  if (options.schedule == "plateau") {
    plateau_.emplace(*optimizer,
                     optim::PlateauOptions{.larger_is_better = options.monitor == "accuracy",
                                           .factor = options.lr_factor.value_or(0.1),
                                           .patience = static_cast<std::size_t>(
                                               std::llround(options.lr_every.value_or(2))),
                                           .least = options.lr_end.value_or(0)});
    return;
  }
  if (options.schedule == "constant" && options.warm_up == 0) return;
  const std::size_t steps_per_epoch = (batches_ + options.accumulate - 1) / options.accumulate;
  const auto steps = [&](double epochs) {
    return static_cast<std::size_t>(std::llround(epochs * static_cast<double>(steps_per_epoch)));
  };
  if (options.warm_up > static_cast<double>(options.epochs))
    fail_usage("warm-up", options.warm_up, " epochs are more than the run has, ", options.epochs,
               '.');
  const std::size_t every =
      options.lr_every ? std::max<std::size_t>(1, steps(*options.lr_every)) : 0;
  schedule_.emplace(*optimizer, optim::schedule_by_name(
                                    options.schedule, {.length = options.epochs * steps_per_epoch,
                                                       .warm_up = steps(options.warm_up),
                                                       .least = options.lr_end.value_or(0),
                                                       .every = every,
                                                       .factor = options.lr_factor.value_or(0.1)}));
}

void Training::end_epoch(const train::EpochReport& report) {
  bool best = false;
  if (report.validation) {
    const train::Evaluation& judged =
        report.averaged_validation ? *report.averaged_validation : *report.validation;
    const bool by_accuracy = options.monitor == "accuracy";
    if (plateau_) plateau_->step(by_accuracy ? judged.accuracy() : judged.loss);
    const double value = by_accuracy ? -judged.accuracy() : judged.loss;
    best = value < best_;
    best_ = std::min(best_, value);
  }
  epochs_.push_back(report::scores_of(report));
  if (!checkpoints_) return;
  log_ += apps::json_line(log_json(report, network.model));
  save_checkpoint(best);
}

// Calls f with all that decides how the run continues.
template <class F>
void Training::with_all_parts(F&& f) {
  f(network.model, average, early_stopping, *optimizer, order_, position_, schedule_, plateau_,
    best_, log_);  // load_run reads the first three
}

void Training::save_checkpoint(bool best) {
  const StopSignals::Hold hold;
  with_all_parts([&](const auto&... parts_of_run) {
    checkpoints_->save(position_, best, settings_, data_, network.architecture.data,
                       parts_of_run...);
  });
  write_log(options.checkpoint, log_);
}

void Training::resume() {
  std::string settings, data, name;
  with_all_parts([&](auto&... parts_of_run) {
    if (!checkpoints_->load(settings, data, name, parts_of_run...))
      fail(Error::Kind::input, "resume", absolute_name(options.checkpoint), ": has no checkpoint.");
  });
  if (data != data_)
    fail(Error::Kind::input, "resume", absolute_name(options.checkpoint), ": is a run on ", data,
         ", and these are other images: ", data_, '.');
  write_log(options.checkpoint, log_);  // it may be older than the checkpoint
  std::istringstream lines(log_);
  for (std::string line; std::getline(lines, line);)
    epochs_.push_back(scores_of(nlohmann::ordered_json::parse(line)));
}

train::FitResult Training::fit(const Hooks& hooks) {
  try {
    const train::FitResult result = run(hooks);
    take_best_weights();
    return result;
  } catch (...) {  // the weights are still saved
    take_best_weights();
    throw;
  }
}

void Training::take_best_weights() {
  if (early_stopping && early_stopping->has_best())
    early_stopping->copy_to(network.model);
  else if (average)
    average->copy_to(network.model);
}

train::FitResult Training::run(const Hooks& hooks) {
  bool stopped = false;
  std::size_t before = position_.batch;  // the batches of the epoch at the last step
  const auto checkpoint_is_due = [&] {
    const std::size_t every = options.checkpoint_every,
                      passed = std::exchange(before, position_.batch);
    return every > 0 && position_.batch < batches_ && passed / every != position_.batch / every;
  };
  return train::fit(network.model, *optimizer, parts.rest, order_,
                    {.epochs = options.epochs,
                     .batch_size = options.batch_size,
                     .drop_last = true,
                     .block = batch_options(options).block,
                     .augmentation = augmentation_ ? &*augmentation_ : nullptr,
                     .accumulate = options.accumulate,
                     .clip_norm = options.clip_norm,
                     .validation = parts.held_out.size() > 0 ? &parts.held_out : nullptr,
                     .test = hooks.test_each_epoch ? &test : nullptr,
                     .loss = loss_,
                     .evaluation_loss = train::default_loss,
                     .position = &position_,
                     .average = average ? &*average : nullptr,
                     .early_stopping = early_stopping ? &*early_stopping : nullptr,
                     .record = hooks.record,
                     .history = false,
                     .on_step =
                         [&] {
                           if (schedule_) schedule_->step();
                           stopped = hooks.stop && hooks.stop();
                           const bool due = checkpoint_is_due();
                           if (checkpoints_ && (due || stopped)) save_checkpoint(false);
                         },
                     .on_batch = hooks.on_batch,
                     .on_evaluation = hooks.on_evaluation,
                     .on_epoch =
                         [&](const train::EpochReport& report) {
                           if (hooks.on_epoch) hooks.on_epoch(report);
                           end_epoch(report);
                           before = 0;
                         },
                     .stop = [&] { return stopped; }});
}

optim::RateCurve Training::find_rate() {
  Rng order = order_;
  const auto batches_of_epoch =
      data::batches(parts.rest,
                    {.batch_size = options.batch_size,
                     .drop_last = true,
                     .block = batch_options(options).block,
                     .augmentation = augmentation_ ? &*augmentation_ : nullptr},
                    order);
  auto batch = batches_of_epoch.begin();
  std::size_t step = 0;
  network.model.train();
  return optim::find_rate(*optimizer, [&] {
    double sum = 0;
    for (std::size_t i = 0; i < options.accumulate; ++i) {
      if (batch == batches_of_epoch.end()) batch = batches_of_epoch.begin();
      const RandomScope scope(RandomScope::State{.key = order.split(step++).state()});
      Tape tape;
      const Var output = network.model(batch->inputs);
      const Var loss = loss_ ? loss_(output, *batch) : train::default_loss(output, *batch);
      tape.backward(loss / static_cast<Real>(options.accumulate));
      sum += static_cast<double>(loss.item());
      ++batch;
    }
    if (options.clip_norm) optim::clip_gradient_norm(optimizer->parameters(), *options.clip_norm);
    return sum / static_cast<double>(options.accumulate);
  });
}

}  // namespace reel::mnist
