// Losses with smoothed labels and weights of classes and samples, and the loss of evaluations.
#include <reel/train/loss.h>

#include <doctest/doctest.h>

#include <cmath>

#include <reel/autodiff/engine/tape.h>
#include <reel/data/balance.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>
#include <reel/optim/sgd.h>
#include <reel/train/fit.h>

#include "../near.h"
#include "../nn/models.h"
#include "../throws.h"
#include "quadrants.h"

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

const Tensor logits = matrix({{2, -1, 0}, {0.5, 0.25, 3}, {-1, 1, 4}, {0, 0, 0}});
const Labels four_labels{0, 1, 1, 2};

data::Batch batch_of(const Tensor& weights = {}) {
  data::Batch batch;
  batch.inputs = zeros({4, 1});
  batch.labels = four_labels;
  if (weights.dimension() > 0) batch.weights = weights;
  return batch;
}

// Σ wᵢ·Σ_c target(i, c)·class_weight(c)·(−log p(i, c)) / Σ wᵢ·class_weight(labelᵢ), in double.
double expected(double smoothing, const Tensor& classes, const Tensor& samples) {
  double sum = 0, total = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    double exponentials = 0;
    for (std::size_t c = 0; c < 3; ++c) exponentials += std::exp(double(logits(i, c)));
    for (std::size_t c = 0; c < 3; ++c) {
      const double target =
          smoothing / 3 + (static_cast<Label>(c) == four_labels[i] ? 1 - smoothing : 0);
      sum += double(samples(i) * classes(c)) * target *
             (std::log(exponentials) - double(logits(i, c)));
    }
    total += double(samples(i) * classes(static_cast<std::size_t>(four_labels[i])));
  }
  return sum / total;
}

TEST_CASE("loss: smoothed labels, weights of classes and of samples, and all of them") {
  const Tensor ones3 = full({3}, 1), ones4 = full({4}, 1);
  const Tensor classes = vector({0.5, 2, 3}), samples = vector({1, 0, 4, 0.5});
  const auto loss = [&](CrossEntropyOptions options, const Tensor& weights = {}) {
    return static_cast<double>(
        cross_entropy_loss(std::move(options))(logits, batch_of(weights)).item());
  };
  CHECK(near(loss({}), expected(0, ones3, ones4), 1e-14));
  CHECK(near(loss({.label_smoothing = 0.1}), expected(0.1, ones3, ones4), 1e-14));
  CHECK(near(loss({.class_weights = classes}), expected(0, classes, ones4), 1e-14));
  CHECK(near(loss({}, samples), expected(0, ones3, samples), 1e-14));
  CHECK(near(loss({.label_smoothing = 0.1, .class_weights = classes}, samples),
             expected(0.1, classes, samples), 1e-14));
  CHECK(near(loss({}), static_cast<double>(default_loss(logits, batch_of()).item()), 1e-14));
  CHECK(loss({}, samples) == static_cast<double>(default_loss(logits, batch_of(samples)).item()));
}

TEST_CASE("loss: samples of the first class count, with and without weights") {
  data::Batch batch = batch_of(), weighted = batch_of(vector({1, 0, 4, 0.5}));
  batch.labels = weighted.labels = {0, 0, 0, 0};
  const Var loss = cross_entropy_loss({})(logits, batch);
  CHECK(near(double(loss.item()), double(default_loss(logits, batch).item()), 1e-14));
  CHECK(loss.item() > 1);
  CHECK(default_loss(logits, weighted).item() > 1);
  CHECK(cross_entropy_loss({.label_smoothing = 0.1})(logits, batch).item() > 1);
  CHECK(cross_entropy_loss({.class_weights = vector({0.5, 0, 0})})(logits, batch).item() ==
        loss.item());
}

TEST_CASE("loss: a batch without any weight has the loss 0 and no gradient") {
  const auto check_zero = [](const CrossEntropyOptions& options, const data::Batch& batch) {
    Parameter x(logits);
    Tape tape;
    const Var loss = cross_entropy_loss(options)(x, batch);
    CHECK(loss.item() == 0);
    tape.backward(loss);
    CHECK(*x.gradient() == zeros({4, 3}));
  };
  check_zero({.label_smoothing = 0.1}, batch_of(zeros({4})));
  data::Batch first = batch_of();
  first.labels = {0, 0, 0, 0};
  check_zero({.label_smoothing = 0.1, .class_weights = vector({0, 1, 1})}, first);
  check_zero({.ignored = 0}, first);
  data::Batch either = batch_of(vector({0, 1, 0, 0}));  // one without weight, one without class
  either.labels = {1, 0, 1, 1};
  check_zero({.class_weights = vector({0, 1, 1})}, either);
}

TEST_CASE("loss: options and batches that make no sense") {
  CHECK_ERROR("[cross_entropy_loss] sample_weights are given.",
              cross_entropy_loss({.sample_weights = vector({1, 2})}));
  CHECK_ERROR("[cross_entropy_loss] the reduction is a sum",
              cross_entropy_loss({.reduction = Reduction::sum}));
  data::Batch numbers;
  numbers.inputs = numbers.targets = zeros({4, 3});
  CHECK_ERROR("[cross_entropy_loss] the batch has no labels.",
              cross_entropy_loss({})(logits, numbers));
  CHECK_ERROR("class weights (2) for 3 classes.",
              cross_entropy_loss({.class_weights = vector({1, 1})})(logits, batch_of()));
  data::Batch wrong = batch_of();
  wrong.labels[2] = 3;
  CHECK_ERROR("label 3 at 2 is not one of 3 classes.",
              cross_entropy_loss({.class_weights = zeros({3})})(logits, wrong));
  wrong.labels[2] = -1;
  CHECK_ERROR("label -1 at 2 is not one of 3 classes.",
              cross_entropy_loss({.class_weights = zeros({3})})(logits, wrong));
}

TEST_CASE("loss: evaluations have a loss of their own") {
  const data::Dataset points = quadrants(30);
  const auto run = [&](const Loss& loss, const Loss& evaluation_loss) {
    nn::Sequential model = initialised(nn::Sequential(nn::Linear(2, 2)));
    optim::Sgd sgd(model.parameters(), {.lr = 0.5});
    Rng rng(1);
    const FitResult result =
        fit(model, sgd, points, rng,
            {.epochs = 2, .validation = &points, .loss = loss, .evaluation_loss = evaluation_loss});
    const double plain = evaluate(model, points).loss,
                 own = evaluate(model, points, {.loss = loss}).loss;
    CHECK(result.epochs[1].validation->loss == (evaluation_loss ? plain : own));
    return result.epochs[0].train_loss;
  };
  const Loss smoothed = cross_entropy_loss(
      {.label_smoothing = Real(0.2), .class_weights = data::balanced_weights(points)});
  const double loss = run(smoothed, {});
  CHECK(run(smoothed, default_loss) == loss);
  CHECK(run({}, {}) != loss);
  CHECK(run({}, default_loss) != loss);
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
