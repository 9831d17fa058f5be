// Runs that are stopped anywhere and resumed from a file: everything ends in the same bits as in
// the run that was never stopped. Dropout, batch norm, momentum, a schedule, averaged weights and
// early stopping.
#include <doctest/doctest.h>

#include <filesystem>
#include <ios>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <reel/autodiff/core/file.h>
#include <reel/nn/activations.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/dropout.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>
#include <reel/nn/state_dict.h>
#include <reel/optim/schedule.h>
#include <reel/optim/sgd.h>
#include <reel/train/checkpoint.h>
#include <reel/train/fit.h>

#include "../nn/models.h"
#include "../temporary_folder.h"
#include "../threads.h"
#include "saved_parts.h"

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

constexpr std::size_t run_epochs = 3, epoch_batches = 25, features = 40, never_stopped = 1000;

// Three classes that overlap, so that the losses of three epochs differ.
data::Dataset clusters(std::size_t n, std::uint64_t seed) {
  Rng rng(seed);
  Tensor x = uninitialized({n, features});
  Labels labels(n);
  for (std::size_t i = 0; i < n; ++i) {
    labels[i] = static_cast<Label>(rng.below(3));
    for (std::size_t f = 0; f < features; ++f)
      x(i, f) = static_cast<Real>(rng.normal() + (f % 3 == std::size_t(labels[i]) ? 0.3 : 0));
  }
  return data::Dataset(std::move(x), labels, {.classes = 3});
}

// The bits of a number, as text.
std::string in_full(double x) { return concat(std::hexfloat, x, ' '); }

std::string text_of(const std::optional<Evaluation>& evaluation) {
  if (!evaluation) return "none ";
  std::string text = in_full(evaluation->loss) + in_full(evaluation->accuracy());
  for (const auto& [name, value] : evaluation->metrics) text += name + in_full(value);
  return text;
}

// The layers are large enough for several threads in products, steps and averages.
struct Run : SavedParts<Run> {
  nn::Sequential model = initialised(
      nn::Sequential(nn::Linear(features, 400), nn::BatchNorm(400), nn::relu, nn::Dropout(0.2),
                     nn::Linear(400, 200), nn::tanh, nn::Dropout(0.1), nn::Linear(200, 3)),
      5);
  optim::Sgd sgd{model.parameters(), {.lr = 0.05, .momentum = 0.9, .nesterov = true}};
  optim::Schedule schedule{sgd,
                           optim::sequence({optim::linear_warm_up(10), optim::cosine(60)}, {10})};
  WeightAverage average{model, {.decay = 0.95}};
  EarlyStopping early{{.patience = 2}};
  Rng rng{11};
  Position position;
  std::string reports;  // of all epochs, bit by bit

  template <class F>
  auto with_parts(F&& f) {
    return f(model, sgd, schedule, average, early, rng, position, reports);
  }

  // Stops after `steps` steps. Saves at the end of epoch `save_at` to `path`.
  FitStatus train(std::size_t steps, std::size_t save_at = 0,
                  const std::filesystem::path& path = {}) {
    static const data::Dataset points = clusters(16 * epoch_batches - 3, 1),
                               held_out = clusters(60, 2), test = clusters(40, 3);
    const auto on_epoch = [&](const EpochReport& r) {
      reports += concat("epoch ", r.epoch, ": ", in_full(r.train_loss));
      for (const auto& [name, value] : r.metrics) reports += name + in_full(value);
      for (const auto* one : {&r.validation, &r.test, &r.averaged_validation, &r.averaged_test})
        reports += text_of(*one);
      reports += '\n';
      if (r.epoch == save_at) save(path);
    };
    return fit(model, sgd, points, rng,
               {.epochs = run_epochs,
                .batch_size = 16,
                .clip_norm = 1,
                .validation = &held_out,
                .test = &test,
                .loss = cross_entropy_loss({.label_smoothing = Real(0.1)}),
                .evaluation_loss = default_loss,
                .metrics = {accuracy(), top_k(2), calibration_error()},
                .position = &position,
                .average = &average,
                .early_stopping = &early,
                .on_step =
                    [&] {
                      schedule.step();
                      --steps;
                    },
                .on_epoch = on_epoch,
                .stop = [&] { return steps == 0; }})
        .status;
  }
};

// The end of a run: its status, its weights, and all of its parts.
struct End {
  FitStatus status;
  std::uint64_t fingerprint;
  std::string bytes;
  bool operator==(const End&) const = default;
};

End end_of(Run& run) {
  const FitStatus status = run.train(never_stopped);
  return {status, nn::fingerprint(run.model), run.bytes()};
}

TEST_CASE(
    "exact resume: stopped at 50 batches and at each end of an epoch, on one and two threads") {
  std::optional<End> on_one;
  for (const std::size_t count : {1u, 2u}) {
    CAPTURE(count);
    const Threads set(count);
    Run whole;
    const End end = end_of(whole);
    CHECK(end.status == FitStatus::finished);
    CHECK(whole.average.updates() == run_epochs * epoch_batches);
    CHECK(whole.early.has_best());
    if (!on_one) on_one = end;
    CHECK(end == *on_one);

    std::set<std::size_t> stops;
    for (Rng rng(count); stops.size() < (REEL_SANITIZED ? 10 : 50);)
      stops.insert(1 + rng.below(run_epochs * epoch_batches - 1));
    for (const std::size_t stop : stops) {
      CAPTURE(stop);
      const TemporaryFolder folder;
      {
        Run first;
        CHECK(first.train(stop) == FitStatus::stopped);
        first.save(folder / "run");
      }
      Run second;
      static_cast<void>(second.train(2));  // its earlier state is overwritten
      second.load(folder / "run");
      CHECK(end_of(second) == end);
    }
    for (std::size_t epoch = 1; epoch <= run_epochs; ++epoch) {
      CAPTURE(epoch);
      const TemporaryFolder folder;
      Run first, second;
      CHECK(first.train(never_stopped, epoch, folder / "run") == FitStatus::finished);
      second.load(folder / "run");
      CHECK(second.position.epoch == epoch + 1);
      CHECK(end_of(second) == end);
    }
  }
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
