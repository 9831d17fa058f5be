// The record of a run: losses and rates of all batches, gradients and updates by hand.
#include <reel/train/training_record.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>
#include <reel/optim/adam.h>
#include <reel/optim/schedule.h>
#include <reel/optim/schedules.h>
#include <reel/optim/sgd.h>
#include <reel/train/fit.h>

#include "../near.h"
#include "../nn/models.h"
#include "../throws.h"
#include "quadrants.h"

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

TEST_CASE("training record: gradient norms and update ratios of a step of gradient descent") {
  const data::Dataset points = quadrants(16);
  nn::Sequential model = initialised(nn::mlp({2, 5, 2}, nn::tanh));
  TrainingRecord record(model);
  CHECK(record.layers() == std::vector<std::string>{"0", "2"});
  double gradients[2] = {}, weights[2] = {};
  {
    Tape tape;
    const data::Batch all = points.all();
    const std::vector<Parameter> parameters = model.parameters();
    const auto g = reel::grad(default_loss(model(all.inputs), all), parameters);
    for (std::size_t k = 0; k < 4; ++k)
      for (std::size_t i = 0; i < g[k].value().size(); ++i) {
        gradients[k / 2] += std::pow(g[k].value().data()[i], 2);
        weights[k / 2] += std::pow(parameters[k].value().data()[i], 2);
      }
  }
  optim::Sgd sgd(model.parameters(), {.lr = 0.25});
  Rng rng(1);
  static_cast<void>(
      fit(model, sgd, points, rng, {.epochs = 1, .batch_size = 16, .record = &record}));
  REQUIRE(record.batches().size() == 1);
  const BatchRecord& batch = record.batches()[0];
  CHECK(batch.lr == 0.25);
  REQUIRE(batch.layers.size() == 2);
  for (std::size_t k = 0; k < 2; ++k) {
    CHECK(near(batch.layers[k].gradient_norm, std::sqrt(gradients[k]), 1e-12));
    CHECK(near(batch.layers[k].update_ratio, 0.25 * std::sqrt(gradients[k] / weights[k]), 1e-12));
  }
}

TEST_CASE("training record: every batch has its loss and rate, every n-th step its layers") {
  const data::Dataset points = quadrants(40);
  const auto run = [&](TrainingRecord* record, nn::Sequential& model,
                       std::vector<double>* losses = nullptr) {
    optim::Adam adam(model.parameters(), {.lr = 0.1});
    optim::Schedule schedule(adam, optim::schedule_by_name("linear", {.length = 15}));
    Rng rng(1);
    return fit(model, adam, points, rng,
               {.epochs = 3,
                .batch_size = 4,
                .accumulate = 2,
                .clip_norm = 0.01,
                .record = record,
                .on_step = [&] { schedule.step(); },
                .on_batch =
                    [&](const Progress& p) {
                      if (losses) losses->push_back(p.loss);
                      if (losses) CHECK(record->batches().back().loss == p.loss);
                    }});
  };
  nn::Sequential model = initialised(nn::mlp({2, 4, 2}, nn::relu, {.batch_norm = true})),
                 plain = nn::clone(model);
  TrainingRecord record(model, {.every = 4});
  CHECK(record.layers() == std::vector<std::string>{"0", "1", "3"});
  std::vector<double> losses;
  static_cast<void>(run(&record, model, &losses));
  static_cast<void>(run(nullptr, plain));
  CHECK(numbers(model) == numbers(plain));  // recording changes nothing
  REQUIRE(record.batches().size() == 30);
  for (std::size_t i = 0; i < 30; ++i) {
    CAPTURE(i);
    const BatchRecord& batch = record.batches()[i];
    CHECK(batch.epoch == 1 + i / 10);
    CHECK(batch.batch == 1 + i % 10);
    CHECK(batch.step == 1 + i);
    CHECK(batch.loss == losses[i]);
    CHECK(near(batch.lr, 0.1 * (1 - static_cast<double>(i / 2) / 15), 1e-12));
    const bool measured = i % 2 == 1 && i / 2 % 4 == 0;  // the batch that ends a step
    CHECK(batch.layers.size() == (measured ? 3 : 0));
    if (measured) CHECK(batch.layers[0].gradient_norm > 0.01);  // before it was clipped
  }
  CHECK(csv_header(record) ==
        "epoch,batch,loss,lr,0.gradient_norm,0.update_ratio,1.gradient_norm,1.update_ratio,"
        "3.gradient_norm,3.update_ratio\n");
  const std::string csv = csv_lines(record);
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 30);
  CHECK(std::count(csv.begin(), csv.end(), ',') == 30 * 9);
  CHECK(csv.starts_with("1,1,"));
  CHECK(csv.find(",0.1,,,,,,\n1,2,") != std::string::npos);
  record.clear();
  CHECK(record.batches().empty());
  TrainingRecord never(model, {.every = 0});
  static_cast<void>(run(&never, model));
  for (const BatchRecord& batch : never.batches()) CHECK(batch.layers.empty());
}

TEST_CASE("training record: frozen layers stand still, weights of 0 have no ratio") {
  nn::Sequential model = initialised(nn::mlp({2, 4, 2}, nn::tanh));
  model[0].freeze();
  Parameter last = model.get<nn::Linear>(2).weight;
  last.set_value(zeros(last.shape()));
  model.get<nn::Linear>(2).bias.set_value(zeros({2}));
  TrainingRecord record(model);
  optim::Sgd sgd(model[2].parameters(), {.lr = 0.5});
  Rng rng(1);
  static_cast<void>(
      fit(model, sgd, quadrants(8), rng, {.epochs = 1, .batch_size = 8, .record = &record}));
  const auto& layers = record.batches().at(0).layers;
  CHECK(layers.at(0).gradient_norm == 0);
  CHECK(layers[0].update_ratio == 0);
  CHECK(layers[1].gradient_norm > 0);
  CHECK(std::isnan(layers[1].update_ratio));
  nn::Sequential unset(nn::Linear(2, 2));
  CHECK_THROWS_AS(TrainingRecord{unset}, Error);
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
