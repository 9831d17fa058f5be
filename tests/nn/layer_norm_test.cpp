// LayerNorm: its values on any number of axes, its gradients, saving, and errors.
#include <reel/nn/layer_norm.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <span>
#include <string>

#include <reel/autodiff/inspect/check.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/nn/linear.h>
#include <reel/nn/plan.h>
#include <reel/nn/sequential.h>
#include <reel/nn/weights.h>

#include "../near.h"
#include "../temporary_folder.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

// means 2 and 1; biased variances 8/3 and 14/3
const Tensor pair_of_rows = matrix({{0, 2, 4}, {-2, 2, 3}});

TEST_CASE("layer norm: each row by its own mean and variance") {
  LayerNorm layer(3, {.eps = 0.5});
  layer.weight.set_value(vector({2, -1, 1}));
  layer.bias.set_value(vector({0, 10, 1}));
  const double a = 1 / std::sqrt(8.0 / 3 + 0.5), b = 1 / std::sqrt(14.0 / 3 + 0.5);
  const Tensor expected = matrix({{-4 * a, 10, 1 + 2 * a}, {-6 * b, 10 - b, 1 + 2 * b}});
  CHECK(near(layer(pair_of_rows).value(), expected, 1e-14));
  layer.eval();
  CHECK(near(layer(pair_of_rows).value(), expected, 1e-14));
  CHECK(near(layer(vector({0, 2, 4})).value(), vector({-4 * a, 10, 1 + 2 * a}), 1e-14));
  Tensor deep = pair_of_rows;
  deep.reshape(Shape{1, 2, 3});
  Tensor deep_expected = expected;
  deep_expected.reshape(Shape{1, 2, 3});
  CHECK(near(layer(deep).value(), deep_expected, 1e-14));
  Plan plan(layer, {2, 3});
  CHECK(plan(pair_of_rows) == layer(pair_of_rows).value());
}

TEST_CASE("layer norm: without weight and bias") {
  const LayerNorm layer(3, {.affine = false});
  CHECK(layer.parameters().empty());
  CHECK(near(layer(pair_of_rows).value(), LayerNorm(3)(pair_of_rows).value(), 1e-15));
  CHECK(layer.describe() == "LayerNorm(3, not affine)");
  CHECK(clone(layer)(pair_of_rows).value() == layer(pair_of_rows).value());
}

TEST_CASE("layer norm: its gradients are right") {
  for (const bool affine : {true, false}) {
    const LayerNorm layer(3, {.affine = affine});
    const auto f = [&](std::span<const Var> x) { return square(layer(x[0])); };
    CHECK(check_gradients(f, {pair_of_rows}, {.order = 2}).ok);
  }
}

TEST_CASE("layer norm: saved, loaded, cloned and set anew") {
  Sequential model(Linear(2, 3), LayerNorm(3, {.eps = 0.1}), nn::tanh);
  Rng rng(1);
  init(model, rng);
  auto& layer = static_cast<LayerNorm&>(model[1]);
  layer.weight.set_value(vector({3, 4, 5}));
  layer.bias.set_value(vector({6, 7, 8}));
  const TemporaryFolder folder;
  save_weights(model, folder / "net");
  Sequential loaded(Linear(2, 3), LayerNorm(3, {.eps = 0.1}), nn::tanh);
  load_weights(loaded, folder / "net");
  const Tensor x = matrix({{1, -2}});
  CHECK(loaded(x).value() == model(x).value());
  CHECK(clone(model)(x).value() == model(x).value());
  init(model, rng);
  CHECK(layer.weight.value() == full({3}, 1));
  CHECK(layer.bias.value() == zeros({3}));
}

TEST_CASE("layer norm: a constant row, a NaN in one row, no rows") {
  const LayerNorm layer(2);
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  const Tensor y = layer(matrix({{4, 4}, {nan, 1}, {-1, 1}})).value();
  CHECK(y(0, 0) == 0);
  CHECK(y(0, 1) == 0);
  CHECK(std::isnan(y(1, 1)));
  CHECK(near(y(2, 1), 1, 1e-5));
  CHECK(layer(zeros({0, 2})).shape() == Shape{0, 2});
}

TEST_CASE("layer norm: what it is, and what it refuses") {
  CHECK(LayerNorm(3).describe() == "LayerNorm(3)");
  CHECK_ERROR("[layer_norm] takes at least 1 feature", LayerNorm(0));
  CHECK_ERROR("[layer_norm] eps 0, expected above 0", LayerNorm(2, {.eps = 0}));
  CHECK_ERROR("[layer_norm] eps ", LayerNorm(2, {.eps = std::nan("")}));
  Sequential model(LayerNorm(2), nn::relu);
  model.name_parts();
  CHECK_ERROR("[layer_norm \"0\"] expects (…,2), got (3,3)", model(full({3, 3}, 1)));
  CHECK_ERROR("[layer_norm \"0\"] expects (…,2), got ()", model(scalar(1)));
}

}  // namespace
}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
