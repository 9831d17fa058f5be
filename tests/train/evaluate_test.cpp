// Evaluation: the confusion matrix, the mean loss, and the model's mode afterwards.
#include <reel/train/evaluate.h>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/activation.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>

#include "../near.h"
#include "../special_values.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

// Returns its input as the scores, and records how it was called.
struct Probe : nn::Module {
  Var forward(const Var& x) const override {
    sizes.push_back(x.shape()[0]);
    modes.push_back(training());
    if (fails) fail_usage("probe", "was told to fail.");
    return x;
  }
  bool fails = false;
  mutable std::vector<std::size_t> sizes;
  mutable std::vector<bool> modes;
};

// Five samples of three classes; the samples are their own scores.
data::Dataset scores() {
  return data::Dataset(matrix({{2, 0, 1}, {0, 3, 0}, {5, 0, 1}, {0, 0, 1}, {1, 2, 0}}),
                       Labels{0, 1, 1, 2, 0}, {.classes = 3});
}

TEST_CASE("confusion: counts, and the shares that follow") {
  Confusion c(3);
  CHECK(c.classes() == 3);
  CHECK(c.total() == 0);
  CHECK(std::isnan(c.accuracy()));
  CHECK(std::isnan(c.accuracy(1)));
  for (int i = 0; i < 3; ++i) c.add(0, 0);
  c.add(0, 2);
  c.add(2, 1);
  c.add(2, 2);
  CHECK(c(0, 0) == 3);
  CHECK(c(0, 1) == 0);
  CHECK(c(0, 2) == 1);
  CHECK(c(2, 0) == 0);
  CHECK(c(2, 1) == 1);
  CHECK(c.total() == 6);
  CHECK(c.correct() == 4);
  CHECK(c.accuracy() == 4.0 / 6);
  CHECK(c.accuracy(0) == 0.75);
  CHECK(std::isnan(c.accuracy(1)));  // no samples: NaN, because 0 would mean that all were wrong
  CHECK(c.accuracy(2) == 0.5);
  CHECK(Confusion().total() == 0);
}

TEST_CASE("predicted_classes: the highest score, the first of equals, none with a NaN") {
  CHECK(predicted_classes(matrix({{1, 2, 0}, {3, 1, 3}, {0, 0, 0}, {-3, -2, -1}})) ==
        Labels{1, 0, 0, 2});
  CHECK(predicted_classes(matrix({{nan, 1, 2}, {1, nan, 2}, {1, 2, nan}, {nan, nan, nan}})) ==
        Labels{-1, -1, -1, -1});
  CHECK(predicted_classes(matrix({{-inf, 0, inf}, {0, -inf, -1}})) == Labels{2, 0});
  CHECK(predicted_classes(matrix({{7}, {8}})) == Labels{0, 0});
  CHECK(predicted_classes(zeros({0, 3})).empty());
  CHECK_ERROR("[predicted_classes] takes scores (batch,classes), got (3).",
              predicted_classes(vector({1, 2, 3})));
  CHECK_ERROR("got (2,0).", predicted_classes(zeros({2, 0})));
  CHECK_ERROR("got ().", predicted_classes(scalar(1)));
}

TEST_CASE("evaluate: accuracy, confusion and mean loss, whatever the batches") {
  const auto log_sum = [](double a, double b, double c) {
    return std::log(std::exp(a) + std::exp(b) + std::exp(c));
  };
  const double loss = (log_sum(2, 0, 1) - 2 + log_sum(0, 3, 0) - 3 + log_sum(5, 0, 1) - 0 +
                       log_sum(0, 0, 1) - 1 + log_sum(1, 2, 0) - 1) /
                      5;
  for (const std::size_t batch : {1u, 2u, 3u, 4u, 5u, 1000u}) {
    CAPTURE(batch);
    Probe model;
    const Evaluation result = evaluate(model, scores(), {.batch_size = batch});
    // For batches of 2, 3 and 4, a mean of the batches' means would be different.
    CHECK(near(result.loss, loss, 1e-14));
    CHECK(result.accuracy() == 0.6);
    const Confusion& c = result.confusion;
    CHECK(c.classes() == 3);
    CHECK(c.total() == 5);
    CHECK(c(0, 0) == 1);
    CHECK(c(0, 1) == 1);
    CHECK(c(1, 1) == 1);
    CHECK(c(1, 0) == 1);
    CHECK(c(2, 2) == 1);
    CHECK(model.sizes.size() == (5 + batch - 1) / batch);
    CHECK(model.sizes.back() == (batch > 5 ? 5 : 5 - (model.sizes.size() - 1) * batch));
  }
}

TEST_CASE("evaluate: says how far it is") {
  for (const data::Dataset& dataset : {scores(), data::Dataset(zeros({5, 3}), zeros({5, 3}))}) {
    Probe model;
    std::vector<std::size_t> batches;
    static_cast<void>(
        evaluate(model, dataset, {.batch_size = 2, .on_batch = [&](const EvaluationProgress& p) {
                                    batches.push_back(p.batch);
                                    CHECK(p.batches == 3);
                                  }}));
    CHECK(batches == std::vector<std::size_t>{1, 2, 3});
  }
}

TEST_CASE("evaluate: one sample; a class without a sample") {
  Probe model;
  const auto one = data::Dataset(matrix({{0, 1, 0}}), Labels{2}, {.classes = 3});
  const Evaluation result = evaluate(model, one);
  CHECK(result.accuracy() == 0);
  CHECK(result.confusion(2, 1) == 1);
  CHECK(std::isnan(result.confusion.accuracy(0)));
  CHECK(near(result.loss, std::log(2 + std::exp(1)), 1e-14));
}

TEST_CASE("evaluate: a NaN is a wrong answer and a NaN loss") {
  Probe model;
  const auto dataset =
      data::Dataset(matrix({{0, 1, 0}, {nan, 0, 0}, {0, 0, nan}, {1, 0, 0}}), Labels{1, 0, 2, 0});
  const Evaluation result = evaluate(model, dataset, {.batch_size = 3});
  CHECK(std::isnan(result.loss));
  CHECK(result.accuracy() == 0.5);
  CHECK(result.confusion.total() == 4);
  CHECK(result.confusion.accuracy(2) == 0);
}

TEST_CASE("evaluate: in eval mode, which ends with it") {
  for (const bool training : {true, false}) {
    Probe model;
    if (!training) model.eval();
    evaluate(model, scores(), {.batch_size = 2});
    CHECK(model.modes == std::vector<bool>(3, false));
    CHECK(model.training() == training);
    model.fails = true;
    CHECK_THROWS_AS(evaluate(model, scores()), Error);
    CHECK(model.training() == training);
  }
  nn::Sequential nested(nn::Sequential(Probe{}), nn::relu);
  evaluate(nested, scores());
  CHECK(dynamic_cast<nn::Sequential&>(nested[0])[0].training());
}

TEST_CASE("evaluate: records nothing, not even on a tape of the caller") {
  nn::Linear model(3, 3);
  Rng rng(1);
  nn::init(model, rng);
  Tape tape;
  evaluate(model, scores());
  CHECK(tape.size() == 0);
}

TEST_CASE("evaluate: a model that does not fit the data") {
  Rng rng(1);
  nn::Linear narrow(3, 2), wide(3, 4), other(2, 3);
  for (nn::Linear* model : {&narrow, &wide, &other}) nn::init(*model, rng);
  CHECK(message_of([&] { evaluate(narrow, scores()); }) ==
        "[evaluate] the model's output is (5,2), the data set has 3 classes.");
  CHECK_ERROR("output is (5,4)", evaluate(wide, scores()));
  CHECK_ERROR("[linear] expects (batch,2), got (5,3).", evaluate(other, scores()));
  nn::Sequential flat([](const Var& x) { return sum(x, {1}); });
  CHECK_ERROR("output is (5)", evaluate(flat, scores()));
  Probe model;
  CHECK_THROWS_AS(evaluate(model, data::Dataset()), Error);
  CHECK_THROWS_AS(evaluate(model, scores(), {.batch_size = 0}), Error);
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
