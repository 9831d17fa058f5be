// Checkpoints: parts of every kind in one file, runs that stop in the middle of an epoch, and files
// that don't fit.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/random_scope.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/nn/activations.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/dropout.h>
#include <reel/nn/init.h>
#include <reel/nn/linear.h>
#include <reel/nn/losses.h>
#include <reel/nn/sequential.h>
#include <reel/nn/weights.h>
#include <reel/optim/adam.h>
#include <reel/optim/loss_schedule.h>
#include <reel/optim/schedule.h>
#include <reel/optim/sgd.h>
#include <reel/train/checkpoint.h>
#include <reel/train/fit.h>

#include "../optim/bits.h"
#include "../temporary_folder.h"
#include "../throws.h"
#include "quadrants.h"
#include "saved_parts.h"

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

struct Training {
  nn::Sequential model{nn::Linear(3, 5), nn::tanh, nn::Linear(5, 2)};
  optim::Adam adam;
  optim::Schedule schedule;

  Training()
      : adam([this] {
          Rng rng(1);
          nn::init(model, rng);
          return model.parameters();
        }()),
        schedule(adam, optim::cosine(20)) {}

  void run(int from, int to) {
    const Labels labels{0, 1, 0};
    for (int t = from; t < to; ++t) {
      const Real shift = static_cast<Real>(t) / 7;
      Tape tape;
      tape.backward(nn::cross_entropy(
          model(matrix({{shift, 1, -1}, {2, -shift, 0.5}, {1, 1, shift}})), labels));
      adam.step();
      schedule.step();
    }
  }
};

TEST_CASE("state files: a run that was stopped and resumed ends in the same bits") {
  const TemporaryFolder folder;
  Training whole;
  whole.run(0, 15);
  {
    Training first;
    first.run(0, 6);
    nn::save_weights(first.model, folder / "weights");
    save_checkpoint(folder / "state", first.adam, first.schedule);
  }
  Training second;
  nn::load_weights(second.model, folder / "weights");
  load_checkpoint(folder / "state", second.adam, second.schedule);
  CHECK(second.schedule.t() == 6);
  second.run(6, 15);
  CHECK(bits(second.adam) == bits(whole.adam));
  CHECK(bits(second.schedule.state()) == bits(whole.schedule.state()));
}

TEST_CASE(
    "state files: what is missing, broken or of something else leaves all parts as they are") {
  const TemporaryFolder folder;
  Training saved;
  saved.run(0, 4);
  save_checkpoint(folder / "good", saved.adam, saved.schedule);
  Training other;
  other.run(0, 2);
  const std::string before = bits(other.adam) + bits(other.schedule.state());
  const auto refuses = [&](const char* text, auto&& load) {
    CAPTURE(text);
    try {
      load();
      FAIL("nothing was thrown");
    } catch (const Error& error) {
      CHECK(error.kind() == Error::Kind::input);
      const std::string message = error.what();
      CHECK_MESSAGE(message.find(text) != std::string::npos, message);
      CHECK(message.find('\n') == std::string::npos);
    }
    CHECK(bits(other.adam) + bits(other.schedule.state()) == before);
  };
  refuses("none", [&] { load_checkpoint(folder / "none", other.adam, other.schedule); });
  refuses("parts", [&] { load_checkpoint(folder / "good", other.adam); });
  refuses("adam", [&] { load_checkpoint(folder / "good", other.schedule, other.adam); });
  optim::Sgd sgd(other.model.parameters(), {.lr = 1});
  refuses("sgd", [&] { load_checkpoint(folder / "good", sgd, other.schedule); });

  // the first part fits, the second does not
  optim::Sgd two_groups({{.parameters = {other.model.parameters()[0]}},
                         {.parameters = {other.model.parameters()[1]}}},
                        {.lr = 1});
  optim::Schedule of_two(two_groups, optim::cosine(3));
  refuses("groups", [&] { load_checkpoint(folder / "good", other.adam, of_two); });

  std::ifstream file(folder / "good", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  REQUIRE(bytes.size() > 100);
  for (std::size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 50) {
    std::ofstream(folder / "cut", std::ios::binary).write(bytes.data(), std::streamsize(size));
    refuses("cut", [&] { load_checkpoint(folder / "cut", other.adam, other.schedule); });
  }
}

TEST_CASE("state files: one that can't be written") {
  const TemporaryFolder folder;
  Training training;
  try {
    save_checkpoint(folder / "no" / "state", training.adam);
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == Error::Kind::system);
  }
}

// A run with all that has a state: dropout, batch norm, Adam, a schedule of steps, a plateau of
// epochs, and metrics.
struct Whole : SavedParts<Whole> {
  nn::Sequential model{nn::Linear(2, 8), nn::BatchNorm(8), nn::tanh, nn::Dropout(0.3),
                       nn::Linear(8, 2)};
  Rng rng{3};
  optim::Adam adam;
  optim::Schedule schedule;
  optim::Plateau plateau;
  Position position;
  double best = 1e9;
  std::size_t better = 0;
  std::string log;
  std::vector<EpochReport> reports;

  explicit Whole(std::uint64_t seed)
      : adam(
            [&] {
              Rng first(seed);
              nn::init(model, first);
              return model.parameters();
            }(),
            {.lr = 0.03}),
        schedule(adam, optim::sequence({optim::linear_warm_up(5), optim::cosine(60)}, {5})),
        plateau(adam, {.patience = 0}) {}

  template <class F>
  auto with_parts(F&& f) {
    return f(model, adam, schedule, plateau, rng, position, best, better, log);
  }

  // Trains until the end, or until `steps` steps are done.
  FitStatus train(std::size_t steps, std::size_t accumulate = 1) {
    const data::Dataset points = quadrants(50), validation = quadrants(20, 2);
    FitResult result = fit(model, adam, points, rng,
                           {.epochs = 4,
                            .batch_size = 8,
                            .accumulate = accumulate,
                            .validation = &validation,
                            .metrics = {accuracy()},
                            .position = &position,
                            .on_step =
                                [&] {
                                  schedule.step();
                                  --steps;
                                },
                            .on_epoch =
                                [&](const EpochReport& report) {
                                  plateau.step(report.train_loss);
                                  if (report.validation->loss < best) {
                                    best = report.validation->loss;
                                    ++better;
                                  }
                                  log += concat("epoch ", report.epoch, '\n');
                                },
                            .stop = [&] { return steps == 0; }});
    reports.insert(reports.end(), result.epochs.begin(), result.epochs.end());
    return result.status;
  }
};

TEST_CASE("checkpoint: a run that stops in the middle of an epoch ends in the same bits") {
  constexpr std::size_t never = 1000;
  for (const std::size_t accumulate : {1u, 3u}) {
    CAPTURE(accumulate);
    Whole whole(1);
    CHECK(whole.train(never, accumulate) == FitStatus::finished);
    CHECK(whole.position.epoch == 5);
    CHECK(whole.log == "epoch 1\nepoch 2\nepoch 3\nepoch 4\n");
    const std::string bytes = whole.bytes();
    const std::size_t in_epoch = (7 + accumulate - 1) / accumulate;
    for (std::size_t stop = 1; stop <= 3 * in_epoch; stop += 2) {
      CAPTURE(stop);
      const TemporaryFolder folder;
      Whole first(1), second(2);
      CHECK(first.train(stop, accumulate) == FitStatus::stopped);
      CHECK(first.position.epoch == (stop - 1) / in_epoch + 1);
      first.save(folder / "run");
      second.train(2);  // its earlier state is overwritten
      second.reports.clear();
      second.load(folder / "run");
      CHECK(second.train(never, accumulate) == FitStatus::finished);
      CHECK(second.bytes() == bytes);
      CHECK(folder.files() == 1);
      const std::size_t before = 4 - second.reports.size();
      CHECK(before == first.reports.size());
      for (std::size_t i = 0; i < second.reports.size(); ++i) {
        const EpochReport &a = second.reports[i], &b = whole.reports[before + i];
        CHECK(a.epoch == b.epoch);
        CHECK(a.train_loss == b.train_loss);
        CHECK(a.metrics == b.metrics);
        CHECK(a.validation->loss == b.validation->loss);
      }
      CHECK(second.train(never) == FitStatus::finished);  // there is nothing left to do
      CHECK(second.bytes() == bytes);
    }
  }
}

TEST_CASE("checkpoint: saved within on_step, as if the program had died then") {
  Whole whole(1);
  std::ignore = whole.train(1000);
  const TemporaryFolder folder;
  Whole first(1), second(1);
  const data::Dataset points = quadrants(50);
  std::size_t steps = 0;
  std::ignore = fit(first.model, first.adam, points, first.rng,
                    {.epochs = 4,
                     .batch_size = 8,
                     .metrics = {accuracy()},
                     .position = &first.position,
                     .on_step = [&] {
                       first.schedule.step();
                       if (++steps == 5) first.save(folder / "run");
                     }});
  second.load(folder / "run");
  CHECK(second.position.batch == 5);
  std::ignore = second.train(1000);
  CHECK(second.bytes() == whole.bytes());
}

// The loop that a user writes with the parts of `fit`.
void own_loop(Whole& run, Metrics& metrics, std::size_t epochs, std::size_t steps) {
  const data::Dataset points = quadrants(50);
  for (; run.position.epoch <= epochs; run.position.next_epoch(), metrics.clear()) {
    const Rng of_epoch = run.rng.split(run.position.epoch);
    const auto batches = data::batches(points, {.batch_size = 8, .first = run.position.batch},
                                       Rng(of_epoch.state()));
    for (const data::Batch& batch : batches) {
      if (steps-- == 0) return;
      const RandomScope scope(of_epoch.split(run.position.batch));
      Tape tape;
      const Var output = run.model(batch.inputs), loss = default_loss(output, batch);
      tape.backward(loss);
      run.adam.step();
      run.schedule.step();
      metrics.add(loss, output, batch);
      ++run.position.batch;
    }
    run.log += concat(metrics.loss(), ' ', metrics["accuracy"], '\n');
  }
}

TEST_CASE("checkpoint: a loop of one's own with the parts of fit resumes to the same bits") {
  Whole whole(1);
  Metrics metrics({accuracy()});
  own_loop(whole, metrics, 3, 1000);
  const std::string bytes = whole.bytes();
  for (const std::size_t stop : {1u, 7u, 10u, 20u}) {
    CAPTURE(stop);
    const TemporaryFolder folder;
    Whole first(1), second(2);
    Metrics early({accuracy()}), late({accuracy()});
    own_loop(first, early, 3, stop);
    first.with_parts(
        [&](const auto&... parts) { save_checkpoint(folder / "run", early, parts...); });
    second.with_parts([&](auto&... parts) { load_checkpoint(folder / "run", late, parts...); });
    own_loop(second, late, 3, 1000);
    CHECK(second.bytes() == bytes);
  }
}

TEST_CASE("checkpoint: numbers, texts, tensors, generators and modes come back") {
  const TemporaryFolder folder;
  nn::Sequential model(nn::Linear(2, 3), nn::Dropout(0.5), nn::BatchNorm(3));
  Rng rng(~std::uint64_t{0}, 5);
  nn::init(model, rng);
  rng.uniform();
  model[1].eval();
  model.parameters()[1].freeze();
  const auto path = folder / "run";
  save_checkpoint(path, model, rng, 1.0 / 3, -5, true, std::uint64_t(-1), std::string("ä\n"),
                  matrix({{1, 2}}), std::numeric_limits<double>::quiet_NaN());
  nn::Sequential other(nn::Linear(2, 3), nn::Dropout(0.5), nn::BatchNorm(3));
  other.eval();
  Rng again(1);
  double third = 0, nan = 0;
  int five = 0;
  bool truth = false;
  std::uint64_t large = 0;
  std::string text;
  Tensor tensor;
  load_checkpoint(path, other, again, third, five, truth, large, text, tensor, nan);
  CHECK(again.state() == rng.state());
  CHECK(third == 1.0 / 3);
  CHECK(five == -5);
  CHECK(truth);
  CHECK(large == std::uint64_t(-1));
  CHECK(text == "ä\n");
  CHECK(tensor == matrix({{1, 2}}));
  CHECK(nan != nan);
  CHECK(numbers(other) == numbers(model));
  CHECK(other.modes() == model.modes());
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(other.parameters()[i].frozen() == (i == 1));
    CHECK(other.parameters()[i].name() == model.parameters()[i].name());
  }

  // the wrong kinds and sizes, which leave all before them as they were
  const auto refuses = [&](const std::string& part, auto&... parts) {
    again = Rng(8);
    third = 8;
    CHECK_ERROR(part, load_checkpoint(path, parts...));
    CHECK(again.state() == Rng(8).state());
    CHECK(third == 8);
    CHECK(numbers(other) == numbers(model));
  };
  unsigned char narrow = 0;
  unsigned positive = 0;
  refuses("[text] was given a state of \"integer\"", other, again, third, text, truth, large, text,
          tensor, nan);
  refuses("[integer] the state has an integer that is malformed or out of range", other, again,
          third, positive, truth, large, text, tensor, nan);
  refuses("out of range", other, again, third, five, truth, narrow, text, tensor, nan);
  refuses("it has 9 parts, expected 1", other);
  nn::Sequential wide(nn::Linear(2, 4), nn::Dropout(0.5), nn::BatchNorm(4)),
      less(nn::Linear(2, 3), nn::Dropout(0.5)), plain(nn::Linear(2, 3), nn::tanh, nn::tanh);
  refuses("[model] the state's \"0.weight\" has shape (3,2), expected (4,2)", wide, again, third,
          five, truth, large, text, tensor, nan);
  refuses("[model] the state has the modes of", less, again, third, five, truth, large, text,
          tensor, nan);
  nn::save_weights(model, folder / "weights");
  CHECK_ERROR("holds no checkpoint, but the tensors \"0.weight\"",
              load_checkpoint(folder / "weights", other));
}

TEST_CASE("checkpoint: an optional part is there, or not, as it was saved") {
  const TemporaryFolder folder;
  const auto path = folder / "run";
  std::optional<double> number = 3, none;
  std::optional<Position> position = Position();
  position->epoch = 7;
  save_checkpoint(path, number, none, position);
  std::optional<double> other = 0, absent;
  std::optional<Position> place = Position();
  load_checkpoint(path, other, absent, place);
  CHECK(other == 3);
  CHECK(!absent);
  CHECK(place->epoch == 7);

  std::optional<double> wanted = 8;
  CHECK_ERROR("[number] was given a state of \"none\"",
              load_checkpoint(path, other, wanted, place));
  CHECK_ERROR("[none] was given a state of \"number\"",
              load_checkpoint(path, absent, absent, place));
  CHECK(wanted == 8);
  CHECK(other == 3);
}

TEST_CASE("checkpoint: a position of other batches is refused") {
  Whole run(1);
  CHECK(run.train(3) == FitStatus::stopped);
  const std::string before = run.bytes();
  const data::Dataset points = quadrants(50);
  CHECK_ERROR("[fit] the position is after 3 batches with 24 samples, and here these have 30.",
              fit(run.model, run.adam, points, run.rng,
                  {.batch_size = 10, .metrics = {accuracy()}, .position = &run.position}));
  CHECK_ERROR(
      "the sums are those of 1 metrics, expected 0",
      fit(run.model, run.adam, points, run.rng, {.batch_size = 8, .position = &run.position}));
  run.position.batch = 9;
  CHECK_ERROR("the first batch is 9, and there are 7",
              fit(run.model, run.adam, points, run.rng,
                  {.batch_size = 8, .metrics = {accuracy()}, .position = &run.position}));
  run.position.batch = 3;
  CHECK(run.bytes() == before);
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
