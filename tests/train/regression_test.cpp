// Targets that are numbers: losses, weights and metrics in fit, evaluate and a loop of one's own.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

#include <reel/autodiff/core/memory.h>
#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/inspect/check.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>
#include <reel/optim/adam.h>
#include <reel/optim/sgd.h>
#include <reel/train/fit.h>

#include "../near.h"
#include "../threads.h"
#include "../throws.h"
#include "quadrants.h"

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

constexpr double rounding = sizeof(Real) == 8 ? 1e-13 : 1e-5;

// y = (2a − b + ½, a + 3) at n points.
data::Dataset plane(std::size_t n, std::uint64_t seed = 1) {
  Rng rng(seed);
  Tensor x = uninitialized({n, 2}), y = uninitialized({n, 2});
  for (std::size_t i = 0; i < n; ++i) {
    const double a = rng.uniform(-1, 1), b = rng.uniform(-1, 1);
    x(i, 0) = static_cast<Real>(a), x(i, 1) = static_cast<Real>(b);
    y(i, 0) = static_cast<Real>(2 * a - b + 0.5), y(i, 1) = static_cast<Real>(a + 3);
  }
  return data::Dataset(x, y);
}

// Returns its input, so that a test chooses the outputs.
struct Identity : nn::Module {
  Var forward(const Var& x) const override { return x; }
};

const std::vector<Metric> all_errors{mean_absolute_error(), root_mean_squared_error(), r_squared()};

TEST_CASE("regression: fit finds a plane, and reports loss and metrics") {
  nn::Linear model(2, 2);
  Rng rng(1);
  nn::init(model, rng);
  optim::Adam adam(model.parameters(), {.lr = 0.05});
  const data::Dataset train = plane(200), validation = plane(50, 2);
  const FitResult result =
      fit(model, adam, train, rng,
          {.epochs = 60, .batch_size = 20, .validation = &validation, .metrics = all_errors});
  REQUIRE(result.status == FitStatus::finished);
  const EpochReport &first = result.epochs.front(), &last = result.epochs.back();
  CHECK(first.train_loss > 1);
  CHECK(last.train_loss < 1e-6);
  CHECK(last.validation->loss < 1e-6);
  CHECK(last.validation->metrics.at("r_squared") > 0.99999);
  CHECK(last.metrics.at("mean_absolute_error") < 1e-3);
  CHECK(first.metrics.at("mean_absolute_error") > 0.5);
  CHECK(last.validation->confusion.classes() == 0);
  CHECK(std::isnan(last.validation->accuracy()));
  CHECK(near(model.weight.value()(0, 0), 2, 1e-3));
  CHECK(near(model.bias.value()(1), 3, 1e-3));
}

TEST_CASE(
    "regression: evaluate's loss and metrics are those of all samples, whatever the batches") {
  // errors of the first output: 1, −1, 2, 0; of the second: 0, 0, 0, −4
  const data::Dataset dataset(matrix({{2, 1}, {1, 2}, {5, 3}, {4, 0}}),
                              matrix({{1, 1}, {2, 2}, {3, 3}, {4, 4}}));
  for (const std::size_t size : {1u, 2u, 3u, 4u, 64u}) {
    CAPTURE(size);
    Identity model;
    const Evaluation e = evaluate(model, dataset, {.batch_size = size, .metrics = all_errors});
    CHECK(near(e.loss, 22.0 / 8, rounding));
    CHECK(near(e.metrics.at("mean_absolute_error"), 1, rounding));
    CHECK(near(e.metrics.at("root_mean_squared_error"), std::sqrt(22.0 / 8), rounding));
    // both targets have Σ(t − 2.5)² = 5
    CHECK(near(e.metrics.at("r_squared"), 1 - (6.0 / 5 + 16.0 / 5) / 2, rounding));
  }
}

TEST_CASE("regression: a weight of k counts as k copies; a weight of 0 as none") {
  const Tensor x = matrix({{2, 1}, {1, 2}, {5, 3}, {400, 0}}),
               y = matrix({{1, 1}, {2, 2}, {3, 4}, {4, 4}});
  const data::Dataset weighted = data::Dataset(x, y).weighted(vector({2, 1, 3, 0}));
  const data::Dataset copies =
      data::Dataset(x, y).subset(std::vector<std::uint32_t>{0, 0, 1, 2, 2, 2});
  for (const std::size_t size : {1u, 2u, 4u}) {
    Identity model;
    const EvaluateOptions options{.batch_size = size, .metrics = all_errors};
    const Evaluation a = evaluate(model, weighted, options), b = evaluate(model, copies, options);
    CHECK(near(a.loss, b.loss, rounding));
    for (const auto& metric : b.metrics) {
      CAPTURE(metric.first);
      CHECK(near(a.metrics.at(metric.first), metric.second, rounding));
    }
  }
  // labels likewise
  const Labels labels{0, 1, 1, 0};
  const data::Dataset classes = data::Dataset(x, labels).weighted(vector({2, 1, 3, 0}));
  const data::Dataset repeated =
      data::Dataset(x, labels).subset(std::vector<std::uint32_t>{0, 0, 1, 2, 2, 2});
  Identity model;
  const EvaluateOptions options{.batch_size = 3, .metrics = {accuracy()}};
  const Evaluation a = evaluate(model, classes, options), b = evaluate(model, repeated, options);
  CHECK(near(a.loss, b.loss, rounding));
  CHECK(a.metrics.at("accuracy") == 0.5);
  CHECK(a.accuracy() == 0.75);  // the confusion counts each sample once
  CHECK(b.accuracy() == 0.5);
}

TEST_CASE("regression: the gradients of weighted losses, and a batch of weight 0") {
  const Tensor outputs = matrix({{2, 1}, {1, -2}, {5, 3}});
  data::Batch values = data::Dataset(outputs, matrix({{1, 1}, {2, 2}, {3, 4}})).all();
  data::Batch classes = data::Dataset(outputs, {0, 1, 1}).all();
  values.weights = classes.weights = vector({2, 0, Real(0.5)});
  for (const data::Batch* batch : {&values, &classes}) {
    const auto f = [&](std::span<const Var> x) { return default_loss(x[0], *batch); };
    if (sizeof(Real) == 8) CHECK(check_gradients(f, {outputs}).ok);
    Tape tape;
    const Var x = tape.variable(outputs, "x");
    const Tensor g = grad(default_loss(x, *batch), x).value();
    CHECK(g(1, 0) == 0);
    CHECK(g(0, 0) != 0);
  }
  values.weights = classes.weights = zeros({3});
  for (const data::Batch* batch : {&values, &classes}) {
    Tape tape;
    const Var x = tape.variable(outputs, "x");
    const Var loss = default_loss(x, *batch);
    CHECK(loss.item() == 0);
    CHECK(grad(loss, x).value() == zeros({3, 2}));
  }
  CHECK_ERROR("sample weights (2) for 3 samples",
              softmax_cross_entropy(outputs, Labels{0, 1, 1}, {.sample_weights = vector({1, 2})}));
}

TEST_CASE("regression: fit's steps and losses consider the weights") {
  const data::Dataset points = plane(40);
  const auto trained = [&](const data::Dataset& dataset) {
    nn::Linear model(2, 2);
    Rng rng(1);
    nn::init(model, rng);
    optim::Sgd sgd(model.parameters(), {.lr = 0.1});
    const FitResult result = fit(model, sgd, dataset, rng, {.epochs = 2, .batch_size = 40});
    return std::pair(numbers(model), result.epochs.back().train_loss);
  };
  Tensor weights = zeros({40});
  std::vector<std::uint32_t> rows;
  for (std::uint32_t i = 0; i < 40; i += 3) weights(i) = 2, rows.push_back(i);
  const auto [a, loss_a] = trained(points.weighted(weights));
  const auto [b, loss_b] = trained(points.subset(rows));
  CHECK(near(loss_a, loss_b, rounding));
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(near(a[i], b[i], rounding));
}

TEST_CASE("regression: an autoencoder learns its bytes") {
  Rng rng(1);
  std::vector<std::uint8_t> bytes(64 * 16);
  for (std::size_t i = 0; i < 64; ++i)  // one of four patterns
    for (std::size_t k = 0; k < 16; ++k) bytes[16 * i + k] = (k >> (i % 4) & 1) ? 255 : 0;
  const data::Dataset set = data::Dataset::from_bytes(bytes, {16}, Labels(64, 0)).autoencoding();
  nn::Sequential model(nn::Linear(16, 4), nn::tanh, nn::Linear(4, set.outputs()), nn::sigmoid);
  nn::init(model, rng);
  optim::Adam adam(model.parameters(), {.lr = 0.05});
  const FitResult result =
      fit(model, adam, set, rng, {.epochs = 60, .batch_size = 16, .validation = &set});
  CHECK(result.epochs.front().train_loss > 0.1);
  CHECK(result.epochs.back().validation->loss < 0.01);
}

TEST_CASE("regression: one seed ends in the same bits for any number of threads") {
  Tensor x = uninitialized({256, 300}), y = uninitialized({256, 300});
  Rng numbers_rng(1);
  for (Real& v : x) v = static_cast<Real>(numbers_rng.normal());
  for (Real& v : y) v = static_cast<Real>(numbers_rng.normal());
  const data::Dataset set = data::Dataset(x, y).weighted(full({256}, Real(0.3)));
  const auto trained = [&](std::size_t threads) {
    const Threads count(threads);
    nn::Sequential model = nn::mlp({300, 300, 300}, nn::relu);
    Rng rng(1);
    nn::init(model, rng);
    optim::Adam adam(model.parameters(), {});
    const FitResult result =
        fit(model, adam, set, rng,
            {.epochs = 2, .batch_size = 128, .test = &set, .metrics = all_errors});
    return std::tuple(numbers(model), result.epochs[1].train_loss, result.epochs[1].test->metrics);
  };
  const auto alone = trained(1);
  for (const std::size_t threads : {2u, 3u}) CHECK(trained(threads) == alone);
}

TEST_CASE("regression: in steady state nothing comes from the heap, with weights and metrics too") {
  if (!memory::caching()) return;
  for (const bool weighted : {false, true}) {
    const data::Dataset points = weighted ? plane(70).weighted(full({70}, 2)) : plane(70);
    nn::Linear model(2, 2);
    Rng rng(1);
    nn::init(model, rng);
    optim::Adam adam(model.parameters(), {});
    std::vector<std::size_t> calls;
    std::ignore =
        fit(model, adam, points, rng,
            {.epochs = 4,
             .batch_size = 16,
             .test = &points,
             .metrics = all_errors,
             .on_epoch = [&](const EpochReport&) { calls.push_back(memory::stats().heap_calls); }});
    CHECK(calls[2] == calls[1]);
    CHECK(calls[3] == calls[1]);
  }
}

TEST_CASE("regression: outputs, losses and options that do not fit are named") {
  Rng rng(1);
  nn::Linear narrow(2, 1), right(2, 2);
  nn::init(narrow, rng), nn::init(right, rng);
  optim::Sgd sgd(narrow.parameters(), {.lr = 1}), other(right.parameters(), {.lr = 1});
  const data::Dataset points = plane(10);
  const auto before = numbers(right);
  CHECK_ERROR("[fit] the model's output is (10,1), the data set has 2 numbers in a target.",
              fit(narrow, sgd, points, rng));
  CHECK_ERROR("[evaluate] the model's output is (10,1), the data set has 2 numbers in a target.",
              evaluate(narrow, points));
  const data::Dataset bare(zeros({10, 2}));
  CHECK_ERROR("[fit] \"data\" has no targets for the default loss.", fit(right, other, bare, rng));
  CHECK_ERROR("[fit] the loss is (10,2), expected one number. Hint: mean(…).",
              fit(right, other, points, rng, {.loss = [](const Var& y, const data::Batch& batch) {
                    return square(y - batch.targets);
                  }}));
  for (const double wrong :
       {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    CHECK_ERROR("[fit] clip_norm = ", fit(right, other, points, rng, {.clip_norm = wrong}));
  CHECK_ERROR("[mean_absolute_error] takes targets that are numbers",
              evaluate(right, quadrants(10), {.metrics = {mean_absolute_error()}}));
  CHECK_ERROR("[accuracy] 0 labels for outputs (10,2)",
              evaluate(right, points, {.metrics = {accuracy()}}));
  CHECK_ERROR("[default_loss] the batch has neither labels nor targets",
              default_loss(zeros({10, 2}), bare.all()));
  CHECK(numbers(right) == before);
  CHECK(rng.state() == [] {
    Rng same(1);
    nn::Linear a(2, 1), b(2, 2);
    nn::init(a, same), nn::init(b, same);
    return same.state();
  }());
}

TEST_CASE("regression: a loss of one's own trains and evaluates, without targets too") {
  const data::Dataset bare(matrix({{1, 2}, {3, 4}, {5, 6}}));
  const Loss loss = [](const Var& y, const data::Batch&) { return mean(square(y)); };
  nn::Linear model(2, 2);
  Rng rng(1);
  nn::init(model, rng);
  optim::Adam adam(model.parameters(), {.lr = 0.05});
  const FitResult result = fit(model, adam, bare, rng,
                               {.epochs = 200, .batch_size = 2, .validation = &bare, .loss = loss});
  CHECK(result.epochs.back().validation->loss < 1e-2);
  nn::Linear other(2, 2);
  nn::init(other, rng);
  CHECK(near(evaluate(other, bare, {.batch_size = 2, .loss = loss}).loss,
             mean(square(other(bare.all().inputs))).item(), rounding));
  // labels without a score for each class: no confusion, and no error
  const data::Dataset labelled(matrix({{1}, {0}, {1}}), {1, 0, 1});
  Identity identity;
  const Evaluation e = evaluate(identity, labelled, {.loss = loss});
  CHECK(e.confusion.classes() == 0);
  CHECK(near(e.loss, 2.0 / 3, rounding));
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
