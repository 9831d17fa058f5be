// Hidden units: means, dead and saturated units, contributions, and models that do not fit.
#include <reel/train/units.h>

#include <doctest/doctest.h>

#include <cmath>

#include <reel/nn/batch_norm.h>
#include <reel/nn/dropout.h>
#include <reel/nn/linear.h>
#include <reel/train/evaluate.h>

#include "../near.h"
#include "../nn/models.h"
#include "../throws.h"
#include "quadrants.h"

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

// Inputs −1, 0, 1 and 4 times a number.
data::Dataset line() { return data::Dataset(matrix({{-1}, {0}, {1}, {4}})); }

nn::Sequential one_layer(const Tensor& weight, const Tensor& bias,
                         const nn::Activation& activation) {
  const std::size_t units = weight.size();
  nn::Sequential model =
      initialised(nn::Sequential(nn::Linear(1, units), activation, nn::Linear(units, 2)));
  model.get<nn::Linear>(0).weight.set_value(weight);
  model.get<nn::Linear>(0).bias.set_value(bias);
  return model;
}

TEST_CASE("hidden units: relu's means, active samples and dead units by hand") {
  nn::Sequential model = one_layer(matrix({{2}, {-1}, {1}}), vector({0, -1, -9}), nn::relu);
  model.get<nn::Linear>(2).weight.set_value(matrix({{1, 2, 3}, {-4, 5, 6}}));
  const HiddenUnits result = hidden_units(model, line());
  REQUIRE(result.layers.size() == 1);
  const HiddenLayer& layer = result.layers[0];
  CHECK(layer.path == "1");
  CHECK(layer.activation == "relu");
  REQUIRE(layer.units.size() == 3);
  CHECK(layer.units[0].mean == 2.5);  // (0 + 0 + 2 + 8)/4
  CHECK(layer.units[0].active == 0.5);
  CHECK(layer.units[1].mean == 0);  // −x − 1 is 0 at most: never above 0
  CHECK(!layer.units[0].dead);
  CHECK(layer.units[1].dead);
  CHECK(layer.units[2].dead);
  CHECK(layer.dead() == 2);
  CHECK(layer.saturated() == 0);
  CHECK(result.contributions == matrix({{2.5, 0, 0}, {-10, 0, 0}}));
}

TEST_CASE(
    "hidden units: those that are close to a limit are saturated, and only of some activations") {
  const Tensor weight = matrix({{1}, {0}, {0}, {0}}), bias = vector({0, 9, -9, 1});
  struct Expected {
    nn::Activation activation;
    std::size_t saturated, dead;
  };
  const Expected all[] = {{nn::tanh, 2, 0},    {nn::sigmoid, 2, 0}, {nn::hard_tanh, 3, 0},
                          {nn::relu, 0, 1},    {nn::elu, 0, 0},     {nn::softplus, 0, 0},
                          {nn::softsign, 0, 0}};
  for (const Expected& expected : all) {
    CAPTURE(expected.activation.name);
    nn::Sequential model = one_layer(weight, bias, expected.activation);
    const HiddenLayer layer = hidden_units(model, line()).layers[0];
    CHECK(layer.saturated() == expected.saturated);
    CHECK(layer.dead() == expected.dead);
  }
  nn::Sequential model = one_layer(weight, bias, nn::tanh);
  CHECK(hidden_units(model, line()).layers[0].units[0].near_limit == 0.25);  // tanh 4
  CHECK(hidden_units(model, line()).layers[0].units[1].near_limit == 1);
  const auto saturated_without = [&](std::size_t others, std::size_t samples) {
    Tensor x = full({samples, 1}, 9);
    for (std::size_t i = 0; i < others; ++i) x(i, 0) = 0;
    return hidden_units(model, data::Dataset(x)).layers[0].units[0].saturated;
  };
  CHECK(!saturated_without(1, 100));  // 99 %
  CHECK(saturated_without(1, 101));
}

TEST_CASE("hidden units: contributions and the bias sum to the mean output, also of many batches") {
  const data::Dataset points = quadrants(1203);
  nn::Sequential model =
      initialised(nn::mlp({2, 7, 5, 2}, nn::tanh, {.batch_norm = true, .dropout = 0.5}));
  const HiddenUnits result = hidden_units(model, points);
  REQUIRE(result.layers.size() == 2);
  CHECK(result.layers[0].path == "2");
  CHECK(result.layers[0].units.size() == 7);
  CHECK(result.layers[1].units.size() == 5);
  CHECK(model.training());  // the mode is as before
  const EvalMode mode(model);
  const Tensor outputs = model(points.all().inputs).value();
  const Tensor means = reel::sum(outputs, 0), sums = reel::sum(result.contributions, 1);
  const Tensor& bias = model.get<nn::Linear>(model.size() - 1).bias.value();
  for (std::size_t k = 0; k < 2; ++k)
    CHECK(near(sums(k) + bias(k), means(k) / static_cast<Real>(points.size()), 1e-12, 1e-13));
}

TEST_CASE("hidden units: a network without hidden layers, and what does not fit") {
  nn::Sequential flat = initialised(nn::Sequential(nn::Linear(2, 3), nn::relu));
  const HiddenUnits result = hidden_units(flat, quadrants(9));
  CHECK(result.layers.empty());  // the relu is the output's
  CHECK(result.contributions.shape() == Shape{3, 2});
  nn::Sequential empty;
  CHECK_ERROR("[hidden_units] the model has no Linear layer.", hidden_units(empty, quadrants(9)));
  nn::Sequential wide = initialised(nn::mlp({3, 4, 2}, nn::relu));
  CHECK_ERROR("expects (batch,3)", hidden_units(wide, quadrants(9)));
  CHECK_THROWS_AS(hidden_units(flat, data::Dataset()), Error);
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
