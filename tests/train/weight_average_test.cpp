// Averages of weights: their formula, buffers, threads, resuming, the scope, and within fit.
#include <reel/train/weight_average.h>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
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

#include "../near.h"
#include "../nn/models.h"
#include "../optim/bits.h"
#include "../temporary_folder.h"
#include "../threads.h"
#include "../throws.h"
#include "quadrants.h"

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

std::string bits_of(const nn::Module& model) {
  std::string all;
  for (const auto& [path, value] : nn::state_dict(model)) all += path + bits(value);
  return all;
}

TEST_CASE("weight average: the formula, with the smaller decay at the start") {
  nn::Sequential model = initialised(nn::Sequential(nn::Linear(1, 1, {.bias = false})));
  Parameter w = model.parameters()[0];
  w.set_value(matrix({{5}}));
  WeightAverage average(model, {.decay = 0.3});
  CHECK(average.averages().at("0.weight")(0, 0) == 5);
  double expected = 5;
  for (int t = 0; t < 20; ++t) {
    w.set_value(matrix({{static_cast<Real>(std::sin(t))}}));
    average.update(model);
    const double d = t < 3 ? (1.0 + t) / (10 + t) : 0.3;  // 4/13 is above 0.3
    expected = d * expected + (1 - d) * std::sin(t);
    CHECK(near(average.averages().at("0.weight")(0, 0), expected, 1e-13, 1e-14));
  }
  CHECK(average.updates() == 20);
  for (const double decay : {0.0, 1.0, -0.1, 1.5, std::numeric_limits<double>::quiet_NaN()})
    CHECK_ERROR("[weight_average] decay = ", WeightAverage(model, {.decay = decay}));
}

TEST_CASE("weight average: running statistics are averaged, constant weights keep their bits") {
  nn::Sequential model = net();
  WeightAverage average(model);
  Tensor* const mean = [&] {
    for (const nn::NamedState& part : nn::state_of(model))
      if (part.path == "1.running_mean") return part.buffer;
    return static_cast<Tensor*>(nullptr);
  }();
  REQUIRE(mean);
  mean->fill(4);
  for (int i = 0; i < 100; ++i) average.update(model);
  for (const nn::NamedState& part : nn::state_of(model))
    if (!part.buffer) CHECK(bits(average.averages().at(part.path)) == bits(part.value()));
  const Real averaged = average.averages().at("1.running_mean")(0);
  CHECK(averaged > 3.9);
  CHECK(averaged <= 4);
}

TEST_CASE("weight average: NaN is handed on, subnormal numbers count as 0") {
  nn::Sequential model = initialised(nn::Sequential(nn::Linear(2, 1, {.bias = false})));
  Parameter w = model.parameters()[0];
  const Real tiny = std::numeric_limits<Real>::min() / 4;
  w.set_value(matrix({{Real(NAN), tiny}}));
  WeightAverage average(model);
  average.update(model);
  CHECK(std::isnan(average.averages().at("0.weight")(0, 0)));
  CHECK(average.averages().at("0.weight")(0, 1) == 0);
}

TEST_CASE("weight average: any number of threads gives the same bits") {
  const auto averaged = [](std::size_t count) {
    const Threads set(count);
    nn::Sequential model = initialised(nn::Sequential(nn::Linear(700, 300), nn::Linear(300, 7)));
    WeightAverage average(model);
    Rng rng(5);
    for (int i = 0; i < 3; ++i) {
      nn::init(model, rng);
      average.update(model);
    }
    return bits(average.state());
  };
  const std::string alone = averaged(1);
  for (const std::size_t count : {2u, 3u, 8u}) CHECK(averaged(count) == alone);
}

TEST_CASE("weight average: the scope puts the averages in, and the weights back bit by bit") {
  nn::Sequential model = net();
  WeightAverage average(model);
  for (const std::uint64_t seed : {2u, 3u}) {
    nn::load_state_dict(model, nn::state_dict(net(seed)));
    average.update(model);
  }
  model.parameters()[0].mutate()(0, 0) = Real(-0.0);
  model.parameters()[0].mutate()(0, 1) = std::numeric_limits<Real>::denorm_min();
  model.parameters()[1].mutate()(0) = Real(NAN);
  const std::string own = bits_of(model), averages = bits(average.state());
  {
    const AveragedWeights averaged(model, average);
    for (const auto& [path, value] : nn::state_dict(model))
      CHECK(bits(value) == bits(average.averages().at(path)));
    CHECK(bits(average.state()) == averages);  // also a checkpoint saved here is right
  }
  CHECK(bits_of(model) == own);
  average.copy_to(model);
  CHECK(bits_of(model) != own);
  CHECK(nn::state_dict(model) == average.averages());
}

TEST_CASE(
    "weight average: a state continues to the same bits, and one that does not fit is refused") {
  const TemporaryFolder folder;
  nn::Sequential model = net();
  WeightAverage whole(model), first(model);
  const auto updates = [&](WeightAverage& average, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t seed = from; seed < to; ++seed) average.update(net(seed));
  };
  updates(whole, 2, 30);
  updates(first, 2, 9);
  save_checkpoint(folder / "run", first);
  WeightAverage second(net(77));
  load_checkpoint(folder / "run", second);
  CHECK(second.updates() == 7);
  updates(second, 9, 30);
  CHECK(bits(second.state()) == bits(whole.state()));

  const std::string before = bits(second.state());
  WeightAverage other(initialised(nn::Sequential(nn::Linear(2, 8))));
  CHECK_ERROR(
      "the state's \"0.bias\" has shape (3), expected (8)",
      other.set_state(WeightAverage(initialised(nn::Sequential(nn::Linear(2, 3)))).state()));
  CHECK_ERROR("[weight_average] the state has 8 tensors, expected 2.",
              other.set_state(second.state()));
  CHECK_ERROR("the state has no tensor \"1.bias\"", second.set_state(other.state()));
  CHECK(bits(second.state()) == before);
  CHECK_ERROR("[weight_average] the model's \"1.weight\" is missing in these weights.",
              other.update(model));
  CHECK_ERROR("[weight_average] the model has 2 parameters and buffers, these weights 8.",
              second.update(initialised(nn::Sequential(nn::Linear(2, 8)))));
  CHECK(bits(second.state()) == before);
}

TEST_CASE("weight average: fit updates it after each step, and evaluates both models") {
  const data::Dataset points = quadrants(40), held_out = quadrants(30, 2), test = quadrants(20, 3);
  const auto run = [&](WeightAverage* average, nn::Sequential& model) {
    optim::Sgd sgd(model.parameters(), {.lr = 0.5, .momentum = 0.5});
    Rng rng(1);
    return fit(model, sgd, points, rng,
               {.epochs = 3,
                .batch_size = 8,
                .accumulate = 2,
                .validation = &held_out,
                .test = &test,
                .metrics = {accuracy()},
                .average = average});
  };
  nn::Sequential plain = net(), with = net();
  WeightAverage average(with, {.decay = 0.8});
  const FitResult a = run(nullptr, plain), b = run(&average, with);
  CHECK(bits_of(plain) == bits_of(with));  // the average changes nothing in the run
  CHECK(average.updates() == 3 * 3);       // steps, not batches
  CHECK(!a.epochs[0].averaged_validation);
  CHECK(!a.epochs[0].averaged_test);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(a.epochs[i].validation->loss == b.epochs[i].validation->loss);
    CHECK(b.epochs[i].averaged_validation->loss != b.epochs[i].validation->loss);
  }
  const AveragedWeights averaged(with, average);
  const Evaluation expected = evaluate(with, held_out, {.metrics = {accuracy()}});
  CHECK(b.epochs[2].averaged_validation->loss == expected.loss);
  CHECK(b.epochs[2].averaged_validation->metrics == expected.metrics);
  CHECK(b.epochs[2].averaged_test->loss == evaluate(with, test).loss);
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
