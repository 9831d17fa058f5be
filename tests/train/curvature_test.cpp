// The largest eigenvalues of a Hessian, beside the full Hessian's, and of quadratic losses.
#include <reel/train/curvature.h>

#include <doctest/doctest.h>

#include <cmath>

#include <reel/autodiff/engine/derivatives.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/autodiff/tensor/linear_algebra.h>
#include <reel/nn/functional.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>
#include <reel/optim/minimize/problem.h>
#include <reel/train/evaluate.h>

#include "../near.h"
#include "../nn/models.h"
#include "../throws.h"
#include "quadrants.h"

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

TEST_CASE("curvature: the largest eigenvalues of the full Hessian, also with dropout and relu") {
  const data::Dataset points = quadrants(60);
  for (const nn::Activation& activation : {nn::tanh, nn::relu, nn::sigmoid}) {
    CAPTURE(activation.name);
    nn::Sequential model = initialised(nn::mlp({2, 6, 4, 2}, activation, {.dropout = 0.3}), 3);
    Rng rng(1);
    const Curvatures found =
        largest_curvatures(model, points, rng, {.count = 4, .tolerance = 1e-10, .products = 60});
    CHECK(model.training());
    const EvalMode mode(model);
    const data::Batch all = points.all();
    const auto loss = [&](const Var& theta) {
      return nn::functional_call(model, theta,
                                 [&] { return default_loss(model(all.inputs), all); });
    };
    const Tensor expected =
        symmetric_eigen(hessian(loss)(optim::values_of(model.parameters())).value()).values;
    REQUIRE(found.values.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(near(found.values[i], expected(expected.size() - 1 - i), 1e-9));
      CHECK(found.errors[i] <= 1e-10 * found.values[0]);
    }
  }
}

TEST_CASE("curvature: the error bounds hold when products are few") {
  const data::Dataset points = quadrants(60);
  nn::Sequential model = initialised(nn::mlp({2, 20, 2}, nn::tanh));
  Rng rng(1);
  const double exact = largest_curvatures(model, points, rng, {.tolerance = 1e-12}).values[0];
  for (const std::size_t products : {1u, 2u, 3u, 5u}) {
    const Curvatures found =
        largest_curvatures(model, points, rng, {.tolerance = 0, .products = products});
    CHECK(found.products == products);
    CHECK(found.errors[0] > 0);
    CHECK(found.values[0] < exact * (1 + 1e-12));  // Rayleigh quotients are never above
  }
  const Curvatures loose = largest_curvatures(model, points, rng, {.tolerance = 0.01});
  CHECK(loose.products < 15);
  CHECK(std::abs(loose.values[0] - exact) <= loose.errors[0] + 1e-12);
}

TEST_CASE("curvature: quadratic losses, negative curvature, frozen parts, the same seed") {
  // loss = Σ aᵢwᵢ²/2 for a weight of three elements: the eigenvalues are a.
  const Tensor a = matrix({{3, -7, 2}});
  nn::Linear model = initialised(nn::Linear(3, 1));
  const Loss loss = [&](const Var&, const data::Batch&) {
    return reel::sum(a * square(Var(model.weight))) / Real(2) + reel::sum(square(Var(model.bias)));
  };
  const data::Dataset any = data::Dataset(zeros({2, 3}), zeros({2}));
  Rng rng(1), again(1);
  CurvatureOptions options{.count = 9, .loss = loss};
  const Curvatures found = largest_curvatures(model, any, rng, options);
  REQUIRE(found.values.size() == 3);  // 2 occurs twice
  CHECK(near(found.values[0], 3, 1e-12));
  CHECK(near(found.values[1], 2, 1e-12));
  CHECK(near(found.values[2], -7, 1e-12));
  CHECK(largest_curvatures(model, any, again, options).values == found.values);
  CHECK(again.state() == rng.state());

  model.weight.freeze();
  CHECK(near(largest_curvatures(model, any, rng, options).values[0], 2, 1e-12));
  CHECK(largest_curvatures(model, any, rng, options).values.size() == 1);
  model.bias.freeze();
  CHECK_ERROR("has no parameter that is not frozen", largest_curvatures(model, any, rng, options));
}

TEST_CASE("curvature: a search that is stopped returns what it has found") {
  const data::Dataset points = quadrants(20);
  nn::Sequential model = initialised(nn::mlp({2, 5, 2}, nn::tanh));
  Rng rng(1);
  std::size_t asked = 0;
  const Curvatures found = largest_curvatures(
      model, points, rng, {.tolerance = 0, .stop = [&] { return ++asked == 3; }});
  CHECK(found.products == 3);
  CHECK(found.values.size() == 1);
}

TEST_CASE("curvature: options and losses that make no sense") {
  const data::Dataset points = quadrants(9);
  nn::Sequential model = initialised(nn::mlp({2, 3, 2}, nn::tanh));
  Rng rng(1);
  const auto with = [&](const CurvatureOptions& options) {
    return largest_curvatures(model, points, rng, options);
  };
  CHECK_ERROR("count = 0", with({.count = 0}));
  CHECK_ERROR("products = 2, expected at least count = 3", with({.count = 3, .products = 2}));
  CHECK_ERROR("tolerance = -1", with({.tolerance = -1}));
  CHECK_ERROR("does not depend on the model's parameters",
              with({.loss = [](const Var&, const data::Batch&) { return Var(scalar(1)); }}));
  model.get<nn::Linear>(0).weight.mutate()(0, 0) = Real(NAN);
  CHECK_ERROR("the Hessian of the loss is not finite", with({}));
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
