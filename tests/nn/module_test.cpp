// Modules: the list of parts, and everything that is derived from it.
#include <reel/nn/module.h>

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/nn/linear.h>
#include <reel/nn/losses.h>
#include <reel/nn/sequential.h>
#include <reel/optim/sgd.h>

#include "../near.h"
#include "../throws.h"
#include "models.h"

using namespace reel;

namespace {

// The example from the design.
struct ResidualMlp : nn::Module {
  nn::Linear in{6, 5}, mid{5, 5}, out{5, 3};
  Var forward(const Var& x) const override {
    Var h = relu(in(x));
    return out(h + tanh(mid(h)));
  }
  void visit(nn::Visitor& v) override {
    v("in", in);
    v("mid", mid);
    v("out", out);
  }
};

// y = scale·x + offset; offset is not trained.
struct Affine : nn::Module {
  Parameter scale{full({1}, 2)};
  Tensor offset = full({1}, 3);
  Var forward(const Var& x) const override { return scale * x + offset; }
  void visit(nn::Visitor& v) override {
    v("scale", scale);
    v("offset", offset);
  }
};

// One layer, reached by two names.
struct Tied : nn::Module {
  nn::Linear encoder{3, 3};
  Parameter decoder = encoder.weight;
  Var forward(const Var& x) const override { return matmul(encoder(x), decoder); }
  void visit(nn::Visitor& v) override {
    v("encoder", encoder);
    v("decoder", decoder);
    v("again", encoder);
  }
};

std::vector<std::string> paths(const nn::Module& model) {
  std::vector<std::string> result;
  for (const nn::NamedState& state : nn::state_of(model)) result.push_back(state.path);
  return result;
}

using Names = std::vector<std::string>;

}  // namespace

static_assert(!std::is_copy_constructible_v<nn::Linear> && !std::is_copy_assignable_v<nn::Linear>);
static_assert(!std::is_copy_constructible_v<nn::Sequential>);
static_assert(!std::is_copy_constructible_v<ResidualMlp>);
static_assert(std::is_move_constructible_v<nn::Linear> && std::is_move_assignable_v<nn::Linear>);
static_assert(std::is_move_constructible_v<nn::Sequential>);
static_assert(std::is_move_constructible_v<ResidualMlp>);

TEST_CASE("module: parts by their paths, in the order of the visit") {
  CHECK(paths(ResidualMlp()) ==
        Names{"in.weight", "in.bias", "mid.weight", "mid.bias", "out.weight", "out.bias"});
  CHECK(names(ResidualMlp()) == paths(ResidualMlp()));
  const nn::Sequential nested(nn::Sequential(nn::Linear(2, 3), nn::relu), ResidualMlp(),
                              nn::Linear(3, 1, {.bias = false}));
  CHECK(names(nested) == Names{"0.0.weight", "0.0.bias", "1.in.weight", "1.in.bias", "1.mid.weight",
                               "1.mid.bias", "1.out.weight", "1.out.bias", "2.weight"});
  CHECK(paths(Affine()) == Names{"scale", "offset"});
  CHECK(names(Affine()) == Names{"scale"});
  CHECK(paths(nn::Sequential(nn::relu)).empty());
}

TEST_CASE("module: counts of parameters") {
  CHECK(nn::Linear(784, 10).parameter_count() == 7850);
  CHECK(nn::Linear(784, 10, {.bias = false}).parameter_count() == 7840);
  CHECK(ResidualMlp().parameter_count() == 6 * 5 + 5 + 5 * 5 + 5 + 5 * 3 + 3);
  CHECK(Affine().parameter_count() == 1);
  CHECK(nn::Sequential().parameter_count() == 0);
}

TEST_CASE("module: a parameter that is reached twice counts once") {
  Tied model = initialised(Tied());
  CHECK(model.parameters().size() == 2);
  CHECK(model.parameter_count() == 12);
  CHECK(paths(model) == Names{"encoder.weight", "encoder.bias"});

  // Its gradient is the sum over both uses, as in the same function without sharing.
  Tape tape;
  tape.backward(sum(square(model(two_samples))));
  const Tensor shared = *model.encoder.weight.gradient();
  model.encoder.weight.clear_gradient();
  const Parameter other(model.decoder.value());
  tape.backward(sum(square(matmul(model.encoder(two_samples), other))));
  CHECK(near(shared, *model.encoder.weight.gradient() + *other.gradient(), 1e-13));

  // A step of the optimiser updates it once.
  model.encoder.weight.set_gradient(shared);
  const Tensor before = model.encoder.weight.value();
  optim::Sgd(model.parameters(), {.lr = 0.5}).step();
  CHECK(near(model.decoder.value(), before - 0.5 * shared, 1e-13));
}

TEST_CASE("module: the summary is a tree, with the shapes of all parameters") {
  CHECK(nn::summary(nn::Linear(784, 10)) ==
        "Linear(784, 10)  7850 parameters: weight (10,784); bias (10)\n");
  ResidualMlp frozen;
  frozen.mid.freeze();
  const nn::Sequential model(
      nn::Sequential(nn::Linear(4, 3), nn::relu), nn::Linear(3, 2, {.bias = false}),
      [](const Var& x) { return x; }, std::move(frozen), Affine());
  const std::string expected =
      "Sequential                  105 parameters\n"
      "  0: Sequential              15 parameters\n"
      "    0: Linear(4, 3)          15 parameters: weight (3,4); bias (3)\n"
      "    1: relu\n"
      "  1: Linear(3, 2, no bias)    6 parameters: weight (2,3)\n"
      "  2: function\n"
      "  3: Module                  83 parameters\n"
      "    in: Linear(6, 5)         35 parameters: weight (5,6); bias (5)\n"
      "    mid: Linear(5, 5)        30 parameters: weight (5,5), frozen; bias (5), frozen\n"
      "    out: Linear(5, 3)        18 parameters: weight (3,5); bias (3)\n"
      "  4: Module                   1 parameter: scale (1); offset (1), not trained\n";
  CHECK(nn::summary(model) == expected);
  std::ostringstream printed;
  printed << model;
  CHECK(printed.str() == expected);
  CHECK(
      nn::summary(Tied()) ==
      "Module                   12 parameters: decoder (3,3), the same as encoder.weight\n"
      "  encoder: Linear(3, 3)  12 parameters: weight (3,3); bias (3)\n"
      "  again: Linear(3, 3)    12 parameters: weight (3,3), the same as encoder.weight; bias (3), "
      "the same as encoder.bias\n");
  CHECK(names(model)[0] == "0.0.weight");
}

TEST_CASE("module: only a model that is not const gives names, and a part keeps its own") {
  ResidualMlp model;
  const nn::Module& constant = model;
  CHECK(constant.parameters()[0].name() == "weight");  // from the layer itself
  CHECK(nn::summary(constant).find("in: Linear") != std::string::npos);
  CHECK(nn::state_of(constant)[4].path == "out.weight");
  CHECK(constant.parameters()[4].name() == "weight");
  CHECK(model.out.name().empty());
  Rng rng(1);
  nn::init(model, rng);
  CHECK(model.out.name() == "out");
  CHECK(model.out.weight.name() == "out.weight");
  CHECK(model.out.parameters()[0].name() == "out.weight");  // not "weight"
  nn::init(model.out, rng);
  CHECK(model.out.weight.name() == "out.weight");
  CHECK(nn::state_of(model.out)[0].path == "weight");  // the path in what is saved
  ResidualMlp outer_part = std::move(model);
  nn::Sequential outer(std::move(outer_part), nn::relu);
  CHECK(outer.parameters()[4].name() == "0.out.weight");
}

TEST_CASE("module: without a forward function of one variable") {
  struct TwoHeads : nn::Module {
    nn::Linear body{3, 4}, left{4, 1}, right{4, 2};
    std::pair<Var, Var> operator()(const Var& x) const {
      const Var h = relu(body(x));
      return {left(h), right(h)};
    }
    void visit(nn::Visitor& v) override { v("body", body), v("left", left), v("right", right); }
  };
  TwoHeads model = initialised(TwoHeads());
  const auto [a, b] = model(two_samples);
  CHECK(a.shape() == Shape{2, 1});
  CHECK(b.shape() == Shape{2, 2});
  CHECK(names(model).size() == 6);
  CHECK_ERROR("[module] has no forward function of one variable. Hint: override",
              model.forward(two_samples));
  nn::Sequential outer(std::move(model));
  static_cast<void>(outer.parameters());
  CHECK_ERROR("[module \"0\"] has no forward function", outer(two_samples));
}

TEST_CASE("module: freezing costs nothing, is not clipped, and is copied") {
  ResidualMlp model = initialised(ResidualMlp());
  model.in.freeze();
  Tape tape;
  tape.backward(sum(model(matrix({{1, 2, 3, 4, 5, 6}}))));
  CHECK(!model.in.weight.gradient());
  CHECK(!model.in.bias.gradient());
  CHECK(model.mid.weight.gradient());
  optim::Sgd sgd(model.parameters(), {.lr = 0.1, .l2 = 1});
  const Tensor in = model.in.weight.value(), mid = model.mid.weight.value();
  sgd.step();
  CHECK(model.in.weight.value() == in);
  CHECK(model.mid.weight.value() != mid);
  CHECK(nn::clone(model).in.weight.frozen());
  CHECK(!nn::clone(model).mid.weight.frozen());
  model.unfreeze();
  CHECK(!model.in.weight.frozen());
}

TEST_CASE("module: two threads infer while a third lists, saves and prints") {
  struct Deep : nn::Module {
    nn::Sequential a_part_with_a_long_name{nn::Linear(6, 5), nn::relu, nn::Linear(5, 5)};
    Var forward(const Var& x) const override { return a_part_with_a_long_name(x); }
    void visit(nn::Visitor& v) override { v("a_part_with_a_long_name", a_part_with_a_long_name); }
  };
  Deep deep = initialised(Deep());
  const Deep& model = deep;
  const Tensor x = matrix({{1, 2, 3, 4, 5, 6}});
  const Tensor expected = model(x).value();
  const auto infer = [&] {
    for (int i = 0; i < 200; ++i) CHECK(model(x).value() == expected);
  };
  std::thread first(infer), second(infer);
  for (int i = 0; i < 100; ++i) {
    CHECK(model.parameters().size() == 4);
    CHECK(model.parameter_count() == 65);
    CHECK(nn::summary(model).size() > 100);
    CHECK(nn::state_of(model).size() == 4);
    CHECK(deep.parameters().size() == 4);  // the names are there, so that this writes none
  }
  first.join();
  second.join();
}

TEST_CASE("module: a layer without values, or moved away, says so") {
  const nn::Linear layer(3, 2, {.bias = false});
  CHECK(message_of([&] { layer(two_samples); }) ==
        "[parameter \"weight\"] of shape (2,3) has no values yet. Hint: call nn::init(model, rng), "
        "or "
        "load "
        "weights; if you did, the model's visit does not list it.");
  nn::Sequential model(nn::Linear(3, 2, {.bias = false}));
  CHECK(model.parameters().size() == 1);
  CHECK_ERROR("[parameter \"0.weight\"] of shape (2,3), used in \"0\", has no values yet.",
              model(two_samples));
  nn::Linear source = initialised(nn::Linear(3, 2));
  const nn::Linear target = std::move(source);
  CHECK(target(two_samples).shape() == Shape{2, 2});
  CHECK_ERROR("[module] was moved away. Hint: use the module that it was moved to.",
              source(two_samples));                              // NOLINT(bugprone-use-after-move)
  CHECK_ERROR("[module] was moved away.", source.parameters());  // NOLINT(bugprone-use-after-move)
}

TEST_CASE("module: moving it keeps an optimiser's handles") {
  nn::Sequential model = initialised(nn::Sequential(nn::Linear(3, 2)));
  optim::Sgd sgd(model.parameters(), {.lr = 0.5});
  const nn::Sequential moved = std::move(model);
  const Tensor before = moved.parameters()[0].value();
  Tape tape;
  tape.backward(sum(moved(two_samples)));
  sgd.step();
  const Tensor gradient = matrix({{2, -0.75, 1.25}, {2, -0.75, 1.25}});
  CHECK(near(moved.parameters()[0].value(), before - 0.5 * gradient, 1e-14));
}

TEST_CASE("module: train and eval reach every part") {
  nn::Sequential model(nn::Sequential(nn::Linear(2, 6), nn::relu), ResidualMlp());
  const auto modes = [&] {
    std::vector<bool> result{model.training(), model[0].training(), model[1].training()};
    const auto& inner = dynamic_cast<nn::Sequential&>(model[0])[0];
    const auto& mlp = dynamic_cast<ResidualMlp&>(model[1]);
    for (const nn::Module* m :
         {&inner, static_cast<const nn::Module*>(&mlp.in), static_cast<const nn::Module*>(&mlp.mid),
          static_cast<const nn::Module*>(&mlp.out)})
      result.push_back(m->training());
    return result;
  };
  CHECK(modes() == std::vector<bool>(7, true));
  model.eval();
  CHECK(modes() == std::vector<bool>(7, false));
  model.train();
  CHECK(modes() == std::vector<bool>(7, true));
}

TEST_CASE("module: the residual network learns") {
  ResidualMlp model = initialised(ResidualMlp());
  Rng rng(3);
  const Tensor x = nn::initial_weight(12, 6, nn::Init::he_normal, rng);
  const Labels labels{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2};
  optim::Sgd sgd(model.parameters(), {.lr = 0.5});
  double first = 0, last = 0;
  for (int i = 0; i < 300; ++i) {
    Tape tape;
    const Var loss = nn::cross_entropy(model(x), labels);
    last = loss.item();
    if (i == 0) first = last;
    tape.backward(loss);
    sgd.step();
  }
  CHECK(first > 0.9);  // near ln 3
  CHECK(last < 0.02);
}

TEST_CASE("modules: the lectures' nets, row 9, equal the matrix formulas") {
  nn::Sequential model = initialised(nn::mlp({3, 4, 5, 2}, nn::relu), 4);
  const auto p = model.parameters();
  for (const std::size_t i : {1u, 3u, 5u}) Parameter(p[i]).set_value(zeros(p[i].shape()));
  const Var w1 = p[0], w2 = p[2], w3 = p[4], x = transpose(two_samples);
  const Var by_hand = matmul(w3, maximum(Real(0), matmul(w2, maximum(Real(0), matmul(w1, x)))));
  CHECK(near(transpose(model(two_samples)).value(), by_hand.value(), 1e-14, 1e-15));
}

// A clone equals its original and shares nothing with it.
template <class M>
void check_clone(M& model, const Tensor& x) {
  M copy = nn::clone(model);
  const Tensor before = model(x).value();
  CHECK(copy(x).value() == before);
  CHECK(paths(copy) == paths(model));
  const auto copied = nn::state_of(copy), own = nn::state_of(model);
  for (std::size_t i = 0; i < own.size(); ++i) {
    CAPTURE(own[i].path);
    CHECK(&copied[i].value() != &own[i].value());
    Parameter parameter = copied[i].parameter;
    if (copied[i].buffer)
      *copied[i].buffer += Real(1);
    else
      parameter.mutate() += Real(1);
  }
  CHECK(model(x).value() == before);
  CHECK(copy(x).value() != before);
}

TEST_CASE("clone: is deep, for each kind of module") {
  auto linear = initialised(nn::Linear(3, 2));
  check_clone(linear, two_samples);
  auto bare = initialised(nn::Linear(3, 2, {.bias = false}));
  check_clone(bare, two_samples);
  auto user = initialised(ResidualMlp());
  check_clone(user, zeros({2, 6}));
  auto buffered = initialised(Affine());
  check_clone(buffered, two_samples);
  auto nested = initialised(nn::Sequential(Affine(), nn::Linear(3, 6), nn::relu,
                                           nn::Sequential(ResidualMlp(), nn::tanh)));
  check_clone(nested, two_samples);
}

TEST_CASE("clone: of layers without values, of functions, with the names") {
  const nn::Sequential model(nn::Linear(3, 2), [](const Var& x) { return x; });
  nn::Sequential copy = nn::clone(model);
  CHECK(nn::summary(copy) == nn::summary(model));
  CHECK_ERROR("has no values yet", copy(two_samples));
  nn::Sequential trained = initialised(nn::Sequential(nn::Sequential(nn::Linear(3, 2)), nn::relu));
  const Parameter held = trained.parameters()[0];
  copy = nn::clone(trained);
  CHECK(held.name() == "0.0.weight");
  CHECK_ERROR("[linear \"0.0\"] expects", trained(zeros({1, 4})));
  CHECK_ERROR("[linear \"0.0\"] expects", copy(zeros({1, 4})));
}

TEST_CASE("copy_state: the parts must agree") {
  const auto from = initialised(nn::Linear(3, 2));
  nn::Linear bare(3, 2, {.bias = false}), other(4, 2);
  ResidualMlp user;
  CHECK_ERROR("[copy_state] one model has 2 parameters and buffers, the other 1.",
              nn::copy_state(from, bare));
  CHECK_ERROR("[copy_state] \"weight\" (2,3) and \"weight\" (2,4) differ.",
              nn::copy_state(from, other));
  CHECK_ERROR("the other 6.", nn::copy_state(from, user));
  CHECK_ERROR("has no values yet", other(zeros({1, 4})));
}
