// Sequential: modules and functions one after the other, and an MLP made of these.
#include <reel/nn/sequential.h>

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/nn/linear.h>

#include "../throws.h"
#include "models.h"

using namespace reel;

namespace {

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("sequential: modules, activations, functions and lambdas") {
  nn::Linear first = initialised(nn::Linear(3, 4), 2);
  const Parameter weight = first.weight, bias = first.bias;
  nn::Sequential model(std::move(first), nn::tanh, reel::square,
                       [](const Var& x) { return Real(2) * x; });
  CHECK(model.size() == 4);
  const Var by_hand = Real(2) * square(tanh(affine(two_samples, weight, bias)));
  CHECK(model(two_samples).value() == by_hand.value());
  model.add(nn::sigmoid);
  CHECK(model(two_samples).value() == sigmoid(by_hand).value());
  CHECK(model[1].describe() == "tanh");
  CHECK(model[2].describe() == "function");
  CHECK_ERROR("[sequential] has 5 layers, there is no layer 5.", model[5]);
  CHECK(nn::Sequential()(two_samples).value() == two_samples);
}

TEST_CASE("sequential: of sequentials") {
  nn::Sequential inner(nn::Linear(3, 3), nn::relu);
  nn::Sequential model(std::move(inner), nn::Sequential(nn::Sequential(nn::Linear(3, 2))));
  CHECK(names(model) == Names{"0.0.weight", "0.0.bias", "1.0.weight", "1.0.bias"});
  model = initialised(std::move(model));
  const auto p = model.parameters();
  CHECK(model(two_samples).value() ==
        affine(relu(affine(two_samples, p[0], p[1])), p[2], p[3]).value());
}

TEST_CASE("sequential: a linear layer and the relu after it are one operation") {
  struct Doubled : nn::Linear {
    Doubled() : Linear(4, 4) {}
    Var forward(const Var& x) const override { return Real(2) * Linear::forward(x); }
  };
  struct Hundredfold : nn::Function {
    Hundredfold() : Function("relu", &reel::relu) {}
    Var forward(const Var& x) const override { return Real(100) * Function::forward(x); }
  };
  const auto operations = [](const nn::Module& model) {
    Tape tape;
    model(two_samples);
    Names result;
    for (std::size_t i = 0; i < tape.size(); ++i)
      if (tape.node(i).operation)
        result.push_back(concat(tape.node(i).scope, ' ', tape.node(i).operation));
    return result;
  };
  const auto plain_relu = [](const Var& x) { return relu(x); };
  const nn::Sequential model = initialised(
      nn::Sequential(nn::Linear(3, 4), nn::relu, nn::relu, nn::Linear(4, 4), nn::tanh, Doubled(),
                     nn::relu, nn::Linear(4, 4, {.bias = false}), nn::relu, nn::Linear(4, 2)));
  CHECK(operations(model) == Names{"0 affine_relu", "2 relu", "3 affine", "4 tanh", "5 affine",
                                   "5 multiply", "6 relu", "7 matmul", "7 relu", "9 affine"});
  CHECK(operations(initialised(nn::Sequential(nn::Linear(3, 2), &reel::relu, plain_relu))) ==
        Names{"0 affine_relu", "2 relu"});
  CHECK(operations(initialised(nn::Sequential(nn::Linear(3, 2), Hundredfold()))) ==
        Names{"0 affine", "1 relu", "1 multiply"});
  const nn::Sequential one = initialised(nn::mlp({3, 4, 2}, nn::relu));
  const auto p = one.parameters();
  CHECK(one(two_samples).value() ==
        affine(relu(affine(two_samples, p[0], p[1])), p[2], p[3]).value());
  CHECK_ERROR("[linear \"0\"] expects (batch,3), got (2,5)", one(full({2, 5}, 1)));
}

TEST_CASE("mlp: linear layers with an activation between each two") {
  CHECK(nn::summary(nn::mlp({784, 30, 20, 10}, nn::sigmoid)) ==
        "Sequential            24380 parameters\n"
        "  0: Linear(784, 30)  23550 parameters: weight (30,784); bias (30)\n"
        "  1: sigmoid\n"
        "  2: Linear(30, 20)     620 parameters: weight (20,30); bias (20)\n"
        "  3: sigmoid\n"
        "  4: Linear(20, 10)     210 parameters: weight (10,20); bias (10)\n");
  CHECK(nn::mlp({4, 2}, nn::relu).size() == 1);
  CHECK_ERROR("[mlp] takes at least two widths, got 1.", nn::mlp({4}, nn::relu));
  CHECK_ERROR("[mlp] takes at least two widths, got 0.", nn::mlp({}, nn::relu));
  CHECK_ERROR("[linear] takes at least 1 input and 1 output, got 4 and 0.",
              nn::mlp({4, 0, 2}, nn::relu));
}

TEST_CASE("sequential: a moved one is not the identity") {
  nn::Sequential model = initialised(nn::Sequential(nn::Linear(3, 2), nn::relu));
  const nn::Sequential target = std::move(model);
  CHECK(target(zeros({1, 3})).shape() == Shape{1, 2});
  CHECK_ERROR("[module] was moved away.", model(zeros({1, 3})));  // NOLINT(bugprone-use-after-move)
  model = nn::Sequential(nn::relu);
  CHECK(model(zeros({1, 3})).shape() == Shape{1, 3});
}

TEST_CASE("sequential: typed access to a layer") {
  nn::Sequential model(nn::Linear(3, 2), nn::relu);
  model.get<nn::Linear>(0).weight.set_value(matrix({{1, 2, 3}, {4, 5, 6}}));
  const nn::Sequential& constant = model;
  CHECK(constant.get<nn::Linear>(0).weight.value()(1, 2) == 6);
  CHECK(constant[1].describe() == "relu");
  CHECK_ERROR("[sequential] layer 1 is relu, another type.", model.get<nn::Linear>(1));
  CHECK_ERROR("there is no layer 2", model.get<nn::Linear>(2));
}
