// BatchNorm: both modes, the running statistics, saving, and errors.
#include <reel/nn/batch_norm.h>

#include <doctest/doctest.h>

#include <limits>

#include <reel/autodiff/engine/checkpoint.h>
#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/inspect/check.h>
#include <reel/autodiff/ops/activation.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/reduction.h>
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

const Tensor three_samples =
    matrix({{1, -2}, {3, 0}, {5, 8}});  // means 3, 2; biased variances 8/3, 56/3

TEST_CASE("batch norm: in training by the batch, whose statistics the running ones follow") {
  BatchNorm layer(2, {.eps = 0.5, .momentum = 0.25});
  layer.weight.set_value(vector({2, -1}));
  layer.bias.set_value(vector({0, 10}));
  const Tensor y = layer(three_samples).value();
  const double a = 2 / std::sqrt(8.0 / 3 + 0.5), b = 1 / std::sqrt(56.0 / 3 + 0.5);
  CHECK(near(y, matrix({{-2 * a, 10 + 4 * b}, {0, 10 + 2 * b}, {2 * a, 10 - 6 * b}}), 1e-14));
  CHECK(near(layer.running_mean, vector({0.75, 0.5}), 1e-15));
  CHECK(near(layer.running_var, vector({0.75 + 0.25 * 4, 0.75 + 0.25 * 28}), 1e-15));
  layer(three_samples);
  CHECK(near(layer.running_mean, vector({0.75 * 1.75, 0.5 * 1.75}), 1e-15));
}

TEST_CASE("batch norm: in eval mode by the running statistics, row by row, which stay") {
  BatchNorm layer(2, {.eps = 0.5});
  layer.weight.set_value(vector({2, -1}));
  layer.bias.set_value(vector({0, 10}));
  layer.running_mean = vector({1, 2});
  layer.running_var = vector({3.5, 0.5});
  layer.eval();
  const Tensor y = layer(matrix({{1, 2}, {5, 3}})).value();
  CHECK(near(y, matrix({{0, 10}, {4, 9}}), 1e-15));
  CHECK(near(layer(matrix({{5, 3}})).value(), matrix({{4, 9}}), 1e-15));
  CHECK(layer.running_mean == vector({1, 2}));
  CHECK(layer.running_var == vector({3.5, 0.5}));
  Plan plan(layer, {1, 2});
  CHECK(plan(matrix({{5, 3}})) == layer(matrix({{5, 3}})).value());
}

TEST_CASE("batch norm: momentum 1 takes the last batch, momentum 0 keeps the first values") {
  BatchNorm last(2, {.momentum = 1}), first(2, {.momentum = 0});
  last(three_samples);
  first(three_samples);
  CHECK(near(last.running_mean, vector({3, 2}), 1e-15));
  CHECK(near(last.running_var, vector({4, 28}), 1e-15));
  CHECK(first.running_mean == zeros({2}));
  CHECK(first.running_var == full({2}, 1));
}

TEST_CASE("batch norm: its gradients are right in both modes") {
  for (const bool training : {true, false}) {
    BatchNorm layer(2);
    layer.weight.set_value(vector({2, -1}));
    if (!training) layer.eval();
    const auto f = [&](std::span<const Var> x) { return square(layer(x[0])); };
    CHECK(check_gradients(f, {three_samples}, {.order = 2}).ok);
  }
}

TEST_CASE("batch norm: in a checkpointed segment a batch counts once") {
  BatchNorm plain(2), within(2);
  plain(three_samples);
  Tape tape;
  const Var x = tape.variable(three_samples);
  const Var y = checkpoint([&](const Var& in) { return within(in); }, x);
  grad(sum(square(y)), x);
  CHECK(within.running_mean == plain.running_mean);
  CHECK(within.running_var == plain.running_var);
}

TEST_CASE("batch norm: all of it is saved, loaded, cloned and set anew") {
  Sequential model(Linear(2, 2), BatchNorm(2), nn::relu);
  Rng rng(1);
  init(model, rng);
  model(three_samples);
  const Tensor running = static_cast<BatchNorm&>(model[1]).running_mean;
  CHECK(running != zeros({2}));
  const TemporaryFolder folder;
  save_weights(model, folder / "model.safetensors");
  Sequential loaded(Linear(2, 2), BatchNorm(2), nn::relu);
  load_weights(loaded, folder / "model.safetensors");
  const Sequential copy = clone(model);
  model.eval();
  loaded.eval();
  CHECK(loaded(three_samples).value() == model(three_samples).value());
  CHECK(static_cast<BatchNorm&>(loaded[1]).running_mean == running);
  std::vector<std::string> paths;
  for (const NamedState& state : state_of(copy)) paths.push_back(state.path);
  CHECK(paths == std::vector<std::string>{"0.weight", "0.bias", "1.weight", "1.bias",
                                          "1.running_mean", "1.running_var"});
  init(model, rng);
  CHECK(static_cast<BatchNorm&>(model[1]).running_mean == zeros({2}));
  CHECK(static_cast<BatchNorm&>(model[1]).running_var == full({2}, 1));
}

TEST_CASE("batch norm: a constant column, and numbers that are not finite") {
  const Tensor y = BatchNorm(2)(matrix({{1, 4}, {3, 4}})).value();
  CHECK(near(y, matrix({{-1, 0}, {1, 0}}), 1e-5));
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  const Tensor spoilt = BatchNorm(2)(matrix({{1, nan}, {3, 4}})).value();
  CHECK(std::isfinite(spoilt(0, 0)));
  CHECK(std::isnan(spoilt(0, 1)));
  CHECK(std::isnan(spoilt(1, 1)));
}

TEST_CASE("batch norm: what it is, and what it refuses") {
  CHECK(BatchNorm(3).describe() == "BatchNorm(3)");
  CHECK_ERROR("[batch_norm] takes at least 1 feature", BatchNorm(0));
  CHECK_ERROR("[batch_norm] eps 0, expected above 0", BatchNorm(2, {.eps = 0}));
  CHECK_ERROR("[batch_norm] eps ", BatchNorm(2, {.eps = std::nan("")}));
  CHECK_ERROR("[batch_norm] momentum 1.5, expected 0 to 1", BatchNorm(2, {.momentum = 1.5}));
  Sequential model(BatchNorm(2), nn::relu);
  model.name_parts();
  CHECK_ERROR("[batch_norm \"0\"] expects (batch,2), got (3,3)", model(full({3, 3}, 1)));
  CHECK_ERROR("[batch_norm \"0\"] expects (batch,2), got (2)", model(full({2}, 1)));
  CHECK_ERROR("[batch_norm] a batch of 1 has no variance", model(full({1, 2}, 1)));
}

}  // namespace
}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
