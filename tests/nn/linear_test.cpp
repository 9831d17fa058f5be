// Linear: its formula, and the errors for wrong shapes.
#include <reel/nn/linear.h>

#include <doctest/doctest.h>

#include <reel/autodiff/ops/ops.h>
#include <reel/nn/sequential.h>

#include "../near.h"
#include "../throws.h"
#include "models.h"

using namespace reel;

namespace {

struct TwoLayers : nn::Module {
  nn::Linear in{6, 5}, out{5, 3};
  Var forward(const Var& x) const override { return out(in(x)); }
  void visit(nn::Visitor& v) override {
    v("in", in);
    v("out", out);
  }
};

}  // namespace

TEST_CASE("linear: x·Wᵀ + b, with and without b") {
  nn::Linear layer(3, 2), bare(3, 2, {.bias = false});
  const Tensor w = matrix({{1, 2, 3}, {-1, 0.5, 0}});
  layer.weight.set_value(w);
  layer.bias.set_value(vector({10, 20}));
  bare.weight.set_value(w);
  const Tensor without = matrix({{4.5, -1}, {-0.25, -1.375}});
  CHECK(near(bare(two_samples).value(), without, 1e-15));
  CHECK(near(layer(two_samples).value(), without + vector({10, 20}), 1e-15));
  CHECK(layer.in() == 3);
  CHECK(layer.out() == 2);
  CHECK_FALSE(bare.bias);
  CHECK(bare.parameters().size() == 1);
  CHECK(layer(zeros({0, 3})).shape() == Shape{0, 2});
}

TEST_CASE("linear: a wrong shape is named, with the layer's path") {
  TwoLayers model = initialised(TwoLayers());
  CHECK(message_of([&] {
          model.out(zeros({64, 784}));
        }) == "[linear \"out\"] expects (batch,5), got (64,784).");
  CHECK(message_of([&] {
          model(zeros({2, 7}));
        }) == "[linear \"in\"] expects (batch,6), got (2,7).");
  CHECK_ERROR("[linear \"in\"] expects (batch,6), got (6).", model(zeros({6})));
  CHECK_ERROR("[linear \"in\"] expects (batch,6), got (2,3,6).", model(zeros({2, 3, 6})));
  const nn::Linear alone(3, 2);
  CHECK_ERROR("[linear] expects (batch,3), got ().", alone(scalar(1)));
  const auto deep = initialised(nn::Sequential(nn::relu, nn::Sequential(nn::Linear(2, 2))));
  CHECK_ERROR("[linear \"1.0\"] expects (batch,2), got (2,3).", deep(two_samples));
  CHECK_ERROR("[linear] takes at least 1 input and 1 output, got 0 and 3.", nn::Linear(0, 3));
  CHECK_ERROR("[linear] takes at least 1 input and 1 output, got 3 and 0.", nn::Linear(3, 0));
}
