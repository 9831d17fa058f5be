// Plan: the same numbers as the model in every run, without a tape or an allocation.
#include <reel/nn/plan.h>

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <reel/autodiff/core/memory.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/nn/sequential.h>

#include "../near.h"
#include "../throws.h"
#include "models.h"

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

constexpr double exact = sizeof(Real) == 8 ? 1e-14 : 1e-5;

Tensor random(const Shape& shape, std::uint64_t seed = 3) {
  Rng rng(seed);
  Tensor x = uninitialized(shape);
  for (Real& value : x.storage()) value = static_cast<Real>(rng.normal());
  return x;
}

// Combines two parts in a way that a list of steps cannot describe.
struct Residual : Module {
  Linear in{6, 4}, mid{4, 4};
  Var forward(const Var& x) const override {
    const Var h = nn::tanh(in(x));
    return h + mid(h);
  }
  void visit(Visitor& v) override {
    v("in", in);
    v("mid", mid);
  }
};

void check_equal(const Module& model, std::size_t batch) {
  Plan plan(model, {batch, 6});
  CHECK(plan.input() == Shape{batch, 6});
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    const Tensor x = random({batch, 6}, seed);
    const Tensor y = plan(x);
    CHECK(near(y, model(x).value(), exact));
  }
}

TEST_CASE("plan: computes what the model does, for one sample and for many") {
  for (const std::size_t batch : {1u, 2u, 65u}) {
    CAPTURE(batch);
    for (const Activation& activation : activations()) {
      CAPTURE(activation.name);
      check_equal(initialised(mlp({6, 5, 4, 3}, activation)), batch);
    }
    check_equal(initialised(Residual()), batch);
    check_equal(
        initialised(Sequential(Sequential(Linear(6, 5, {.bias = false}), nn::relu), Linear(5, 2))),
        batch);
    check_equal(initialised(Sequential(Linear(6, 5), nn::relu, nn::relu, Linear(5, 3), nn::relu)),
                batch);
  }
}

TEST_CASE("plan: a class derived from one it knows has a forward of its own") {
  struct Doubled : Linear {
    using Linear::Linear;
    Var forward(const Var& x) const override { return Real(2) * Linear::forward(x); }
  };
  struct Skipping : Sequential {
    using Sequential::Sequential;
    Var forward(const Var& x) const override { return x + Sequential::forward(x); }
  };
  check_equal(initialised(Doubled(6, 3)), 2);
  check_equal(initialised(Skipping(Linear(6, 6), nn::tanh)), 2);
}

TEST_CASE("plan: an observer is told of every operation") {
  struct Names : Observer {
    void computed(const OperationEvent& event) override { names.emplace_back(event.operation); }
    std::vector<std::string> names;
  };
  const Sequential model = initialised(mlp({6, 5, 3}, nn::relu));
  Plan plan(model, {2, 6});
  Names names;
  plan(random({2, 6}));
  CHECK(names.names == std::vector<std::string>{"affine_relu", "affine"});
}

TEST_CASE("plan: follows the parameters") {
  Linear layer = initialised(Linear(6, 2));
  Plan plan(layer, {1, 6});
  const Tensor x = random({1, 6}), before = plan(x);
  layer.weight.mutate().storage()[0] += 1;
  CHECK(plan(x) != before);
  CHECK(near(plan(x), layer(x).value(), exact));
}

TEST_CASE("plan: leaves the tape that is alive alone, and its input") {
  const Sequential model = initialised(mlp({6, 5, 3}, nn::relu));
  Plan plan(model, {2, 6});
  const Tensor x = random({2, 6}), same = x;
  Tape tape;
  plan(x);
  plan(x);
  CHECK(tape.size() == 0);
  CHECK(x == same);
}

TEST_CASE("plan: takes no memory from the heap after its first run") {
  if (!memory::caching()) return;  // with a sanitizer there is no caching
  const Sequential model = initialised(mlp({6, 5, 3}, nn::relu));
  Plan plan(model, {2, 6});
  const SharedTensor x = random({2, 6});
  plan(x);
  plan(x);
  const std::size_t calls = memory::stats().heap_calls;
  for (int i = 0; i < 100; ++i) plan(x);
  CHECK(memory::stats().heap_calls == calls);
}

TEST_CASE("plan: errors are the model's") {
  const Sequential model = initialised(mlp({6, 5, 3}, nn::relu));
  Plan plan(model, {2, 6});
  CHECK_ERROR("[plan] was made for (2,6), got (3,6)", plan(random({3, 6})));
  Plan wrong(model, {2, 7});
  CHECK_ERROR("expects (batch,6), got (2,7)", wrong(random({2, 7})));
  const Linear fresh(6, 2);
  Plan unready(fresh, {1, 6});
  CHECK_ERROR("has no values yet", unready(random({1, 6})));
}

}  // namespace
}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
