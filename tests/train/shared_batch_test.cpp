// Models that look at the entire batch or draw at random, trained on several threads: as on one.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include <reel/autodiff/checkpoint.h>
#include <reel/autodiff/core/collective.h>
#include <reel/autodiff/core/noise.h>
#include <reel/autodiff/grad.h>
#include <reel/autodiff/ops.h>
#include <reel/autodiff/tape.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/dropout.h>
#include <reel/nn/linear.h>
#include <reel/nn/losses.h>
#include <reel/nn/sequential.h>
#include <reel/optim/sgd.h>
#include <reel/train/fit.h>

#include "../near.h"
#include "../throws.h"
#include "quadrants.h"

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

const double tolerance = sizeof(Real) == 8 ? 1e-9 : 1e-3;

// A wide one has a product that threads compute together.
nn::Sequential make_model(bool wide = false) {
  const std::size_t a = wide ? 300 : 16, b = wide ? 260 : 9;
  nn::Sequential model(nn::Linear(2, a), nn::BatchNorm(a), nn::tanh, nn::Dropout(0.25),
                       nn::Linear(a, b), nn::BatchNorm(b), nn::relu, nn::Dropout(0.5),
                       nn::Linear(b, 2));
  Rng rng(1);
  nn::init(model, rng);
  return model;
}

// All numbers of a model, its running statistics as well.
std::vector<Real> state(const nn::Module& model) {
  std::vector<Real> all;
  for (const nn::NamedState& part : nn::state_of(model))
    all.insert(all.end(), part.value().begin(), part.value().end());
  return all;
}

struct Outcome {
  std::vector<Real> state;
  std::vector<double> losses;
  bool operator==(const Outcome&) const = default;
};

Outcome outcome(std::size_t threads, std::size_t batch = 10, std::uint64_t seed = 5,
                bool wide = false) {
  nn::Sequential model = make_model(wide);
  optim::Sgd sgd(model.parameters(), {.lr = 0.1, .momentum = 0.5});
  Rng rng(seed);
  const data::Dataset points = quadrants(50);
  const FitResult result = fit(model, sgd, points, rng,
                               {.epochs = 2, .batch = batch, .threads = threads, .test = &points});
  Outcome all{state(model), {}};
  for (const EpochReport& report : result.epochs) {
    all.losses.push_back(report.train_loss);
    all.losses.push_back(report.test->loss);
  }
  return all;
}

TEST_CASE("shared batch: statistics of the entire batch and the same masks, on any threads") {
  for (const bool wide : {false, true}) {
    const Outcome alone = outcome(1, 10, 5, wide);
    for (const std::size_t threads : {2u, 3u, 7u}) {
      CAPTURE(threads);
      const Outcome shared = outcome(threads, 10, 5, wide);
      for (std::size_t i = 0; i < alone.state.size(); ++i)
        REQUIRE(near(shared.state[i], alone.state[i], tolerance, tolerance));
      for (std::size_t i = 0; i < alone.losses.size(); ++i)
        CHECK(near(shared.losses[i], alone.losses[i], tolerance));
    }
  }
}

TEST_CASE("shared batch: the same bits again, and others for another seed") {
  const Outcome first = outcome(2);
  for (int i = 0; i < 5; ++i) CHECK(outcome(2) == first);
  CHECK(outcome(2, 10, 6).state != first.state);
}

TEST_CASE("shared batch: a last batch with fewer samples than threads, and of one sample") {
  const Outcome alone = outcome(1, 24), shared = outcome(4, 24);  // 24, 24 and 2
  for (std::size_t i = 0; i < alone.state.size(); ++i)
    REQUIRE(near(shared.state[i], alone.state[i], tolerance, tolerance));
  for (const std::size_t threads : {1u, 3u})
    CHECK_ERROR("[batch_norm] a batch of 1 has no variance. Hint: at least 2 samples",
                outcome(threads, 7));  // 7 · 7 and 1
}

TEST_CASE("shared batch: each step of each epoch draws anew") {
  nn::Sequential model(nn::Linear(2, 16), nn::Dropout());
  Rng rng(1);
  nn::init(model, rng);
  optim::Sgd sgd(model.parameters(), {.lr = 0});
  std::set<std::vector<bool>> masks;
  FitOptions options{.epochs = 5, .batch = 2};
  options.loss = [&](const Var& output, const data::Batch&) {
    const Tensor& y = output.value();
    std::vector<bool> mask;
    for (const Real v : y) mask.push_back(v == 0);
    masks.insert(mask);
    return sum(output);
  };
  fit(model, sgd, quadrants(20), rng, options);
  CHECK(masks.size() == 50);
}

TEST_CASE("shared batch: the gradient is that of the batch as a whole") {
  bool wide = false;
  SUBCASE("of a narrow model") {}
  SUBCASE("of a wide one") { wide = true; }
  nn::Sequential model = make_model(wide);
  std::vector<Parameter> parameters = model.parameters();
  const data::Dataset points = quadrants(12);
  data::Batch batch;
  points.gather(data::batches(points).rows(0), batch);
  const Rng key(9);
  {
    const Noise noise(key, 0);
    Tape tape;
    tape.backward(nn::cross_entropy(model(batch.images), batch.labels));
  }
  constexpr std::size_t threads = 3;
  Workers workers(threads);
  Collective collective(threads);
  std::vector<std::vector<LazyGradient>> parts(threads,
                                               std::vector<LazyGradient>(parameters.size()));
  for (const bool recompute : {false, true}) {
    CAPTURE(recompute);
    collective.start();
    workers.run([&](std::size_t w) {
      const Collective::Member member(collective, w);
      const Noise noise(key, 4 * w);
      const std::vector<std::uint32_t> rows = {std::uint32_t(4 * w), std::uint32_t(4 * w + 1),
                                               std::uint32_t(4 * w + 2), std::uint32_t(4 * w + 3)};
      data::Batch share;
      points.gather(rows, share);
      Tape tape;
      const Var y = recompute ? checkpoint(model, Var(share.images)) : model(share.images);
      tape.backward(nn::cross_entropy(y, share.labels), Real(1) / 3, parameters, parts[w]);
    });
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const Tensor& whole = *parameters[i].gradient();
      Tensor sum = zeros(whole.shape());
      for (const auto& part : parts) part[i].compute({0, sum.size()}, true, sum.data());
      CHECK(near(sum, whole, 10 * tolerance, tolerance));
    }
  }
}

TEST_CASE("shared batch: gradients of gradients are refused, not wrong") {
  nn::BatchNorm layer(2);
  Workers workers(2);
  Collective collective(2);
  for (const bool by_weight : {false, true}) {
    collective.start();
    CHECK_ERROR("[batch_norm] a gradient of a gradient would need the rows of other threads",
                workers.run([&](std::size_t w) {
                  const Collective::Member member(collective, w);
                  Tape tape;
                  const Tensor rows = matrix({{1, 2}, {3, 5}});
                  const Var x = by_weight ? Var(rows) : tape.variable(rows);
                  const Var y = sum(square(layer(x)));
                  grad(y, by_weight ? Var(layer.weight) : x, {.create_graph = true});
                }));
  }
}

TEST_CASE("shared batch: one share that is not finite, or fails, ends all and no weight changed") {
  nn::Sequential model = make_model();
  const auto before = numbers(model);
  optim::Sgd sgd(model.parameters(), {.lr = 0.1});
  Rng rng(1);
  const data::Dataset points = quadrants(40);
  const Tensor chosen = points.sample(7);
  FitOptions options{.epochs = 1, .batch = 40, .threads = 2};
  for (const bool fails : {false, true}) {
    options.loss = [&](const Var& output, const data::Batch& batch) {
      Var loss = nn::cross_entropy(output, batch.labels);
      for (std::size_t i = 0; i < batch.size(); ++i) {
        if ((*batch.images)(i, 0) != chosen(0)) continue;
        if (fails) fail_usage("loss", "was told to fail.");
        loss = loss * std::numeric_limits<Real>::infinity();
      }
      return loss;
    };
    if (fails)
      CHECK_ERROR("[loss] was told to fail", fit(model, sgd, points, rng, options));
    else
      CHECK(fit(model, sgd, points, rng, options).status == FitStatus::diverged);
    CHECK(numbers(model) == before);
  }
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
