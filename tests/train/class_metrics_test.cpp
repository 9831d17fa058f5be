// Metrics of classes: the numbers of golden/metrics.json, the edges of bins, and what is undefined.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <reel/train/evaluate.h>
#include <reel/train/metrics.h>

#include "../near.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

using Json = nlohmann::json;

constexpr double tolerance = 1e-13;

data::Batch batch_of(Labels labels) {
  data::Batch batch;
  batch.inputs = zeros({labels.size(), 1});
  batch.labels = std::move(labels);
  return batch;
}

// The metric over batches of 37 samples.
double value(const Metric& metric, const Tensor& scores, const data::Batch& all) {
  Metrics metrics({metric});
  const std::size_t n = scores.shape()[0], classes = scores.shape()[1];
  for (std::size_t begin = 0; begin < n; begin += 37) {
    const std::size_t size = std::min<std::size_t>(37, n - begin);
    Tensor rows = uninitialized({size, classes});
    std::copy_n(scores.data() + begin * classes, size * classes, rows.data());
    data::Batch batch =
        batch_of(Labels(all.labels.begin() + static_cast<std::ptrdiff_t>(begin),
                        all.labels.begin() + static_cast<std::ptrdiff_t>(begin + size)));
    if (all.weights) {
      Tensor weights = uninitialized({size});
      std::copy_n(all.weights->data() + begin, size, weights.data());
      batch.weights = weights;
    }
    metrics.add(Real(0), rows, batch);
  }
  return metrics[metric.name];
}

TEST_CASE("class metrics: the golden numbers, with and without weights") {
  std::ifstream file(REEL_SOURCE_DIR "/tests/golden/metrics.json");
  REQUIRE_MESSAGE(file.good(), "tests/golden/metrics.json cannot be read");
  const Json cases = Json::parse(file);
  CHECK(cases.size() == 4);
  for (const Json& one : cases) {
    CAPTURE(one["name"].get<std::string>());
    const auto labels = one["labels"].get<std::vector<Label>>();
    const std::size_t n = labels.size(), classes = one["scores"][0].size();
    Tensor scores = uninitialized({n, classes});
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t c = 0; c < classes; ++c) scores(i, c) = one["scores"][i][c].get<Real>();
    data::Batch batch = batch_of(Labels(labels.begin(), labels.end()));
    Confusion confusion(classes);
    const Labels guesses = predicted_classes(scores);
    for (std::size_t i = 0; i < n; ++i) confusion.add(labels[i], guesses[i]);

    for (const bool weighted : {false, true}) {
      CAPTURE(weighted);
      const std::string end = weighted ? "_weighted" : "";
      if (weighted) batch.weights = from_values({n}, one["weights"].get<std::vector<Real>>());
      for (std::size_t k = 1; k <= classes; ++k)
        CHECK(near(value(top_k(k), scores, batch), one["top_k" + end][k - 1], tolerance));
      CHECK(value(accuracy(), scores, batch) == value(top_k(1), scores, batch));
      for (std::size_t i = 0; i < one["bins"].size(); ++i)
        CHECK(near(value(calibration_error(one["bins"][i]), scores, batch),
                   one["calibration_error" + end][i], tolerance, 1e-15));
    }

    const Json& of_classes = one["of_classes"];
    const auto agrees = [](double found, const Json& golden) {
      return golden.is_null() ? std::isnan(found) : near(found, golden.get<double>(), tolerance);
    };
    for (std::size_t c = 0; c < classes; ++c) {
      CAPTURE(c);
      CHECK(agrees(confusion.precision(c), of_classes["precision"][c]));
      CHECK(agrees(confusion.recall(c), of_classes["recall"][c]));
      CHECK(agrees(confusion.f1(c), of_classes["f1"][c]));
    }
    CHECK(agrees(confusion.macro_precision(), of_classes["macro_precision"]));
    CHECK(agrees(confusion.macro_recall(), of_classes["macro_recall"]));
    CHECK(agrees(confusion.macro_f1(), of_classes["macro_f1"]));
  }
}

TEST_CASE("class metrics: top_k with equal scores, NaN, and a k that makes no sense") {
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  const Tensor scores = matrix({{1, 1, 1}, {1, 1, 1}, {0, 2, 2}, {nan, 0, 1}, {0, 1, nan}});
  const data::Batch batch = batch_of({0, 1, 2, 2, 1});
  CHECK(value(top_k(1), scores, batch) == 1 / 5.0);
  CHECK(value(top_k(2), scores, batch) == 3 / 5.0);
  CHECK(value(top_k(3), scores, batch) == 3 / 5.0);  // NaN is never right
  CHECK(top_k(5).name == "top_5");
  CHECK_ERROR("[top_k] k = 0, expected at least 1.", top_k(0));
  CHECK_ERROR("[top_4] there are only 3 classes.", value(top_k(4), scores, batch));
  CHECK_ERROR("[top_2] 4 labels for outputs (5,3), expected scores (batch,classes).",
              Metrics({top_k(2)}).add(Real(0), scores, batch_of({0, 1, 2, 1})));
  CHECK_ERROR("[calibration_error] 5 labels for outputs (5), expected scores",
              Metrics({calibration_error()}).add(Real(0), zeros({5}), batch));
  CHECK(value(top_k(1), scores, batch_of({-1, 3, 0, 0, 0})) == 0);  // labels that are no class
}

TEST_CASE("class metrics: the calibration error at the edges of bins") {
  // Two equal scores: the confidence is ½, the upper edge of the first of two bins.
  const Tensor half = matrix({{0, 0}, {0, 0}});
  CHECK(value(calibration_error(2), half, batch_of({0, 1})) == 0);
  const Tensor sure = matrix({{0, 0}, {800, 0}});  // a confidence of 1 is in the last bin
  CHECK(value(calibration_error(2), sure, batch_of({0, 0})) == 0.25);
  CHECK(value(calibration_error(2), sure, batch_of({1, 1})) == 0.75);
  CHECK(value(calibration_error(1), sure, batch_of({1, 0})) == 0.25);
  CHECK(near(value(calibration_error(1000), matrix({{1000, 999}}), batch_of({0})),
             1 - 1 / (1 + std::exp(-1.0)), tolerance));
  for (const Real bad :
       {std::numeric_limits<Real>::quiet_NaN(), std::numeric_limits<Real>::infinity()}) {
    CHECK(std::isnan(value(calibration_error(), matrix({{0, 1}, {bad, 0}}), batch_of({0, 0}))));
    CHECK(std::isnan(value(calibration_error(), matrix({{0, 1}, {0, bad}}), batch_of({0, 0}))));
  }
  data::Batch weightless = batch_of({0, 0});
  weightless.weights = vector({1, 0});
  CHECK(value(calibration_error(2), matrix({{0, 0}, {std::numeric_limits<Real>::quiet_NaN(), 0}}),
              weightless) == 0.5);
  CHECK_ERROR("[calibration_error] bins = 0, expected at least 1.", calibration_error(0));
}

TEST_CASE("class metrics: what a confusion leaves undefined is NaN, and the means leave it out") {
  Confusion confusion(4);
  for (int i = 0; i < 3; ++i) confusion.add(0, 0);
  confusion.add(0, 1);
  confusion.add(0, -1);  // its scores were NaN: no guess, but a sample of class 0
  confusion.add(1, 0);
  // class 2 is neither a label nor a guess; class 3 is a label and never guessed
  confusion.add(3, 0);
  CHECK(confusion.precision(0) == 3 / 5.0);
  CHECK(confusion.recall(0) == 3 / 5.0);
  CHECK(confusion.f1(0) == 6 / 10.0);
  CHECK(confusion.precision(1) == 0);
  CHECK(confusion.recall(1) == 0);
  CHECK(confusion.f1(1) == 0);
  CHECK(std::isnan(confusion.precision(2)));
  CHECK(std::isnan(confusion.recall(2)));
  CHECK(std::isnan(confusion.f1(2)));
  CHECK(std::isnan(confusion.precision(3)));
  CHECK(confusion.recall(3) == 0);
  CHECK(confusion.f1(3) == 0);
  CHECK(confusion.macro_precision() == (3 / 5.0 + 0) / 2);
  CHECK(confusion.macro_recall() == (3 / 5.0 + 0 + 0) / 3);
  CHECK(confusion.macro_f1() == (6 / 10.0 + 0 + 0) / 3);
  CHECK(std::isnan(Confusion(3).macro_f1()));
  CHECK(std::isnan(Confusion().macro_recall()));
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
