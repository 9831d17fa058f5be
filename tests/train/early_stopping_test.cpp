// Early stopping: what counts as an improvement, which weights are kept, and runs that end early.
#include <reel/train/early_stopping.h>

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include <reel/nn/activations.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>
#include <reel/optim/sgd.h>
#include <reel/train/checkpoint.h>
#include <reel/train/fit.h>

#include "../nn/models.h"
#include "../optim/bits.h"
#include "../special_values.h"
#include "../temporary_folder.h"
#include "../throws.h"
#include "quadrants.h"

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

// Judges these losses in turn; returns the numbers of the improvements.
std::vector<std::size_t> improvements(EarlyStopping& early, const std::vector<double>& losses) {
  const nn::Sequential model = net();
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < losses.size(); ++i)
    if (early.step(model, {.loss = losses[i], .metrics = {{"score", losses[i]}}}, i + 1))
      found.push_back(i + 1);
  return found;
}

using Numbers = std::vector<std::size_t>;

TEST_CASE("early stopping: an improvement is smaller, or larger, by enough; NaN is none") {
  EarlyStopping loss({.patience = 3});
  CHECK(!loss.has_best());
  CHECK(loss.best_value() == inf);
  CHECK(improvements(loss, {nan, inf}).empty());
  CHECK(!loss.has_best());
  CHECK(!loss.should_stop());
  CHECK(improvements(loss, {3, 3, 2, nan, 2.5}) == Numbers{1, 3});
  CHECK(loss.best_value() == 2);
  CHECK(loss.best_epoch() == 3);
  CHECK(!loss.should_stop());
  CHECK(improvements(loss, {2}).empty());
  CHECK(loss.should_stop());
  CHECK(improvements(loss, {1}) == Numbers{1});
  CHECK(!loss.should_stop());

  EarlyStopping enough({.minimize = "score", .least_improvement = 0.5});
  CHECK(improvements(enough, {3, 2.75, 2.5, 2.25, 1}) == Numbers{1, 4, 5});
  EarlyStopping largest({.patience = 2, .maximize = "score", .least_improvement = 0.5});
  CHECK(largest.best_value() == -inf);
  CHECK(improvements(largest, {1, 1.25, 1.75, nan, 2}) == Numbers{1, 3});
  CHECK(largest.should_stop());
  EarlyStopping never;
  CHECK(improvements(never, std::vector<double>(100, 1)) == Numbers{1});
  CHECK(!never.should_stop());
}

TEST_CASE("early stopping: the number that is judged") {
  const nn::Sequential model = net();
  Evaluation evaluation{.loss = 5, .confusion = Confusion(2), .metrics = {{"top_1", 0.25}}};
  evaluation.confusion.add(0, 0);
  evaluation.confusion.add(1, 0);
  EarlyStopping accuracy({.maximize = "accuracy"}), metric({.maximize = "top_1"}), loss;
  accuracy.step(model, evaluation, 1);
  metric.step(model, evaluation, 1);
  loss.step(model, evaluation, 1);
  CHECK(accuracy.best_value() == 0.5);
  CHECK(metric.best_value() == 0.25);
  CHECK(loss.best_value() == 5);
  evaluation.confusion = Confusion();
  CHECK_ERROR("[early_stopping] the evaluation has no number \"accuracy\".",
              accuracy.step(model, evaluation, 2));
  CHECK_ERROR("[early_stopping] the evaluation has no number \"other\".",
              EarlyStopping({.minimize = "other"}).step(model, evaluation, 2));
  for (const double least : {-1.0, nan, inf})
    CHECK_ERROR("[early_stopping] least_improvement = ",
                EarlyStopping({.least_improvement = least}));
}

TEST_CASE("early stopping: keeps a copy of the best weights and buffers") {
  nn::Sequential model = net();
  static_cast<void>(model(matrix({{1, 2}, {3, -4}})));
  EarlyStopping early;
  CHECK_ERROR("[early_stopping] no evaluation was an improvement yet.", early.copy_to(model));
  early.step(model, {.loss = 1}, 4);
  const nn::StateDict best = nn::state_dict(model);
  static_cast<void>(model(matrix({{5, 2}, {3, -9}})));
  model.parameters()[0].mutate().fill(9);
  early.step(model, {.loss = 2}, 5);
  CHECK(early.best() == best);
  early.copy_to(model);
  CHECK(nn::state_dict(model) == best);
  CHECK(early.best_epoch() == 4);
}

TEST_CASE("early stopping: its state has the best weights, and one that does not fit is refused") {
  const TemporaryFolder folder;
  EarlyStopping early({.patience = 3});
  const auto reload = [&] {
    save_checkpoint(folder / "run", early);
    EarlyStopping other({.patience = 3});
    other.step(net(9), {.loss = -100}, 90);  // is overwritten
    load_checkpoint(folder / "run", other);
    return other;
  };
  CHECK(bits(reload().state()) == bits(early.state()));  // nothing judged yet
  CHECK(!reload().has_best());
  early.step(net(), {.loss = 2}, 1);
  early.step(net(), {.loss = nan}, 2);
  EarlyStopping other = reload();
  CHECK(bits(other.state()) == bits(early.state()));
  CHECK(other.best_value() == 2);
  other.step(net(), {.loss = 2}, 3);
  CHECK(!other.should_stop());
  other.step(net(), {.loss = 2}, 4);
  CHECK(other.should_stop());

  const std::string before = bits(other.state());
  CHECK_ERROR("[early_stopping] the state judges \"accuracy\", expected \"loss\".",
              other.set_state(EarlyStopping({.maximize = "accuracy"}).state()));
  optim::State none = early.state();
  none.tensors.clear();
  CHECK_ERROR("the state's best epoch is 1, and it has 0 tensors.", other.set_state(none));
  CHECK_ERROR("was given a state of \"plateau\"", other.set_state({"plateau"}));
  CHECK(bits(other.state()) == before);
}

// A run whose validation loss falls, then rises: its points have wrong labels.
struct StoppedRun {
  nn::Sequential model = net();
  optim::Sgd sgd{model.parameters(), {.lr = 0.3, .momentum = 0.5}};
  WeightAverage average{model, {.decay = 0.9}};
  Rng rng{1};
  Position position;
  EarlyStopping early{{.patience = 3}};
  std::vector<double> losses;  // that early stopping judges

  FitResult train(std::size_t epochs, bool averaged, std::function<void()> on_epoch = {}) {
    static const data::Dataset points = quadrants(60), held_out = [] {
      const data::Dataset some = quadrants(40, 2);
      Labels labels;
      for (std::size_t i = 0; i < 40; ++i) labels.push_back(i % 3 ? some.label(i) : i % 2);
      return data::Dataset(*some.all().inputs, labels);
    }();
    return fit(
        model, sgd, points, rng,
        {.epochs = epochs,
         .batch_size = 8,
         .validation = &held_out,
         .position = &position,
         .average = averaged ? &average : nullptr,
         .early_stopping = &early,
         .on_epoch = [&](const EpochReport& report) {
           losses.push_back((averaged ? report.averaged_validation : report.validation)->loss);
           if (on_epoch) on_epoch();
         }});
  }
};

TEST_CASE("early stopping: fit ends after the patience, with the best weights") {
  for (const bool averaged : {false, true}) {
    CAPTURE(averaged);
    StoppedRun run;
    std::vector<nn::StateDict> weights;  // after each epoch
    const FitResult result = run.train(200, averaged, [&] {
      weights.push_back(averaged ? run.average.averages() : nn::state_dict(run.model));
    });
    CHECK(result.status == FitStatus::stopped_early);
    REQUIRE(result.epochs.size() == run.losses.size());
    REQUIRE(run.losses.size() < 200);
    std::size_t best = 0;
    for (std::size_t i = 0; i < run.losses.size(); ++i)
      if (run.losses[i] < run.losses[best]) best = i;
    CHECK(best + 1 + 3 == run.losses.size());
    CHECK(best > 0);
    CHECK(run.early.best_epoch() == best + 1);
    CHECK(run.early.best_value() == run.losses[best]);
    CHECK(nn::state_dict(run.model) == weights[best]);
    CHECK(nn::state_dict(run.model) != weights.back());
    CHECK(run.train(200, averaged).status == FitStatus::stopped_early);  // nothing is left to do
    CHECK(nn::state_dict(run.model) == weights[best]);
  }
}

TEST_CASE(
    "early stopping: a finished run has the best weights, a stopped or diverged one the last") {
  StoppedRun whole;
  std::ignore = whole.train(200, false);
  const std::size_t best = whole.early.best_epoch();
  StoppedRun finished;
  CHECK(finished.train(best + 1, false).status == FitStatus::finished);
  CHECK(nn::state_dict(finished.model) == nn::state_dict(whole.model));
  StoppedRun last;  // the patience is exhausted in the last epoch
  CHECK(last.train(best + 3, false).status == FitStatus::finished);
  CHECK(nn::state_dict(last.model) == nn::state_dict(whole.model));

  StoppedRun diverged;
  std::ignore = diverged.train(1, false);
  diverged.sgd.set_lr(1e200);
  CHECK(diverged.train(5, false).status == FitStatus::diverged);
  CHECK(diverged.early.best_epoch() == 1);
  CHECK(nn::state_dict(diverged.model) != diverged.early.best());
}

TEST_CASE(
    "early stopping: a checkpoint of the epoch that ends the run ends the resumed run at once") {
  for (const bool averaged : {false, true}) {
    const TemporaryFolder folder;
    StoppedRun whole, second;
    const auto save = [&] {
      save_checkpoint(folder / "run", whole.model, whole.sgd, whole.average, whole.rng,
                      whole.position, whole.early);
    };
    std::ignore = whole.train(200, averaged, save);
    load_checkpoint(folder / "run", second.model, second.sgd, second.average, second.rng,
                    second.position, second.early);
    const FitResult result = second.train(200, averaged);
    CHECK(result.status == FitStatus::stopped_early);
    CHECK(result.epochs.empty());
    CHECK(nn::state_dict(second.model) == nn::state_dict(whole.model));
  }
}

TEST_CASE("early stopping: options that fit cannot follow") {
  nn::Sequential model = net();
  optim::Sgd sgd(model.parameters(), {.lr = 0.1});
  Rng rng(1);
  const data::Dataset points = quadrants(20), numbers(zeros({20, 2}), zeros({20, 2}));
  EarlyStopping loss, accuracy({.maximize = "accuracy"}), metric({.maximize = "top_1"});
  CHECK_ERROR("[fit] early stopping needs a validation set. Hint: data::split.",
              fit(model, sgd, points, rng, {.early_stopping = &loss}));
  CHECK_ERROR("[fit] early stopping judges \"top_1\", and there is no metric with this name.",
              fit(model, sgd, points, rng, {.validation = &points, .early_stopping = &metric}));
  CHECK_ERROR("[fit] early stopping judges \"accuracy\", and there is no metric with this name.",
              fit(model, sgd, numbers, rng, {.validation = &numbers, .early_stopping = &accuracy}));
  CHECK(fit(model, sgd, points, rng,
            {.epochs = 1, .validation = &points, .metrics = {top_k(1)}, .early_stopping = &metric})
            .status == FitStatus::finished);
  EarlyStopping of_other;
  of_other.step(initialised(nn::Sequential(nn::Linear(2, 3))), {.loss = 1}, 1);
  CHECK_ERROR("[early_stopping] the model's \"0.weight\" has shape (8,2), in these weights (3,2).",
              fit(model, sgd, points, rng, {.validation = &points, .early_stopping = &of_other}));
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
