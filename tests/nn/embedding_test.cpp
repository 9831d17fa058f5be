// Embedding: rows by number, the gradients of rows that occur several times, and wrong numbers.
#include <reel/nn/embedding.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/inspect/check.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/autodiff/ops/shape.h>
#include <reel/nn/linear.h>
#include <reel/nn/plan.h>
#include <reel/nn/sequential.h>

#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

const Tensor three_rows = matrix({{1, 2}, {3, 4}, {5, 6}});

Embedding make_layer() {
  Embedding layer(3, 2);
  layer.weight.set_value(three_rows);
  return layer;
}

TEST_CASE("embedding: the rows with these numbers, with one axis more") {
  const Embedding layer = make_layer();
  CHECK(layer(vector({2, 0, 2})).value() == matrix({{5, 6}, {1, 2}, {5, 6}}));
  CHECK(layer(scalar(1)).value() == vector({3, 4}));
  CHECK(layer(zeros({0})).shape() == Shape{0, 2});
  const Tensor y = layer(matrix({{0, 1}, {2, 2}})).value();
  REQUIRE(y.shape() == Shape{2, 2, 2});
  CHECK(y == from_values({2, 2, 2}, std::vector<Real>{1, 2, 3, 4, 5, 6, 5, 6}));
  CHECK(layer(vector({-Real(0)})).value() == matrix({{1, 2}}));
}

TEST_CASE("embedding: by whole numbers of C++") {
  const Embedding layer = make_layer();
  const Labels labels{2, 0};
  const std::vector<int> numbers{1};
  CHECK(layer(labels).value() == matrix({{5, 6}, {1, 2}}));
  CHECK(layer(numbers).value() == matrix({{3, 4}}));
  CHECK(layer(Labels{}).shape() == Shape{0, 2});
}

TEST_CASE("embedding: a row that occurs twice gets both gradients, one that does not gets zeros") {
  const Embedding layer = make_layer();
  const Tensor factor = matrix({{1, 10}, {100, 1000}, {3, 7}});
  for (const bool labels : {true, false}) {
    Tape tape;
    const Var y = labels ? layer(Labels{2, 0, 2}) : layer(vector({2, 0, 2}));
    const Var loss = sum(y * factor);
    Parameter weight = layer.weight;
    weight.clear_gradient();
    tape.backward(loss);
    CHECK(*weight.gradient() == matrix({{100, 1000}, {0, 0}, {4, 17}}));
  }
}

TEST_CASE("embedding: its gradients are right, to the second order") {
  if (sizeof(Real) == 4) return;
  const auto f = [](std::span<const Var> x) {  // squares, so that the second derivative is not 0
    Embedding layer(3, 2);
    layer.weight.set_value(three_rows);
    return square(x[0] * layer(vector({2, 0, 2})));
  };
  CHECK(check_gradients(f, {matrix({{1, -2}, {3, 0.5}, {2, 4}})}, {.order = 2}).ok);
}

TEST_CASE("embedding: within a model, and as a plan") {
  Sequential model(
      Embedding(5, 3),
      [](const Var& x) {
        return reshape(x, {x.shape()[0], 6});
      },
      Linear(6, 2));
  Rng rng(1);
  init(model, rng);
  const Tensor x = matrix({{4, 0}, {1, 1}});
  CHECK(model(x).shape() == Shape{2, 2});
  Plan plan(model, x.shape());
  CHECK(plan(x) == model(x).value());
  CHECK(clone(model)(x).value() == model(x).value());
}

TEST_CASE("embedding: starts with numbers of mean 0 and variance 1") {
  Embedding layer(100, 50);
  CHECK_ERROR("has no values yet", layer(vector({0})));
  Rng rng(3);
  init(layer, rng, Init::he_uniform);
  double total = 0, squares = 0;
  for (const Real x : layer.weight.value()) {
    total += x;
    squares += x * x;
  }
  CHECK(std::abs(total / 5000) < 0.05);
  CHECK(std::abs(squares / 5000 - 1) < 0.05);
}

TEST_CASE("embedding: what it is, and what it refuses") {
  CHECK(Embedding(3, 2).describe() == "Embedding(3, 2)");
  CHECK_ERROR("[embedding] takes at least 1 row and 1 column, got 0 and 2", Embedding(0, 2));
  CHECK_ERROR("got 2 and 0", Embedding(2, 0));
  const Embedding layer = make_layer();
  const char* expected = ", expected a whole number from 0 to 2.";
  CHECK_ERROR(concat("[embedding] index 3 at position 1", expected), layer(vector({0, 3})));
  CHECK_ERROR(concat("index -1 at position 0", expected), layer(vector({-1})));
  CHECK_ERROR(concat("index 1.5 at position 2", expected), layer(vector({0, 0, 1.5})));
  CHECK_ERROR(concat("index 3 at position 3", expected), layer(matrix({{0, 0}, {2, 3}})));
  CHECK_ERROR("index nan", layer(vector({std::numeric_limits<Real>::quiet_NaN()})));
  CHECK_ERROR("index inf", layer(vector({std::numeric_limits<Real>::infinity()})));
  CHECK_ERROR(concat("[embedding] index -2 at position 0", expected), layer(Labels{-2}));
  CHECK_ERROR(concat("index 3 at position 1", expected), layer(Labels{0, 3}));
  Sequential model(make_layer(), nn::relu);
  model.name_parts();
  CHECK_ERROR("[embedding \"0\"] index 7", model(vector({7})));
  if (sizeof(Real) == 4)
    CHECK_ERROR("has 16777217 rows, and a Real counts only to 16777216",
                Embedding((1 << 24) + 1, 1)(vector({0})));
}

}  // namespace
}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
