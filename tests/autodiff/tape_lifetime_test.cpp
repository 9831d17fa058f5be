// Tapes that end in another order than they began, or are used on another thread; gradients that
// nobody uses.
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <thread>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/gradient_use.h>
#include <reel/autodiff/inspect/anomaly.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/optim/sgd.h>

#include "../throws.h"
#include "../warnings.h"

using namespace reel;

namespace {

struct Holder {
  Tape tape;
};

}  // namespace

TEST_CASE("tape: it may end before a later scope") {
  std::optional<Tape> first(std::in_place);
  {
    const NoTape off;
    first.reset();
    CHECK(Tape::recording() == nullptr);
    CHECK(Tape::innermost() == nullptr);
  }
  CHECK(Tape::recording() == nullptr);  // not the tape that has ended

  Tape outer;
  first.emplace();
  {
    const NoTape off;
    first.reset();
    CHECK(Tape::recording() == nullptr);
    CHECK(Tape::innermost() == &outer);
  }
  CHECK(Tape::recording() == &outer);

  first.emplace();
  {
    const RecordOn on(&outer);
    first.reset();
    CHECK(Tape::recording() == &outer);
  }
  CHECK(Tape::recording() == &outer);
}

TEST_CASE("tape: several on the heap end in any order") {
  auto a = std::make_unique<Holder>(), b = std::make_unique<Holder>();
  auto c = std::make_unique<Holder>();
  b.reset();
  CHECK(Tape::recording() == &c->tape);
  a.reset();
  const Var x = c->tape.variable(vector({3}), "x");
  CHECK(grad(square(x), x).item() == 6);
  c.reset();
  CHECK(Tape::innermost() == nullptr);
  CHECK(Tape::recording() == nullptr);
}

TEST_CASE("tape: another thread cannot use it") {
  Tape tape;
  const Var x = tape.variable(vector({3}), "x"), y = square(x);
  std::thread([&] {
    CHECK_ERROR("[backward] the tape belongs to another thread. Hint:", tape.backward(y));
    CHECK_ERROR("[tape] the tape belongs to another thread. Hint:", tape.variable(scalar(1)));
  }).join();
}

TEST_CASE("grad: of a gradient that was not recorded") {
  Tape tape;
  const Var x = tape.variable(vector({1, 2}), "x"), u = x * x * x;
  const Var derivative = grad(sum(u), x);
  CHECK_ERROR(
      "[grad] y of shape () is a constant: it depends on no variable of this tape. Hint: if "
      "it was computed from a gradient, ask for that one with {.create_graph = true}",
      grad(sum(derivative), x));
  CHECK_ERROR("is a constant", grad(derivative, x, {.seed = vector({1, 1})}));
  const Var recorded = grad(sum(u), x, {.create_graph = true});
  CHECK(grad(sum(recorded), x).value() == vector({6, 12}));
}

TEST_CASE("grad: the recorded gradient of a linear function can be differentiated, and is 0") {
  Tape tape;
  const Var x = tape.variable(vector({1, 2}), "x");
  const Var slope = grad(sum(3 * x), x, {.create_graph = true});
  CHECK(slope.value() == vector({3, 3}));
  CHECK(grad(sum(slope), x).value() == zeros({2}));
  const Var other = tape.variable(scalar(1), "other");
  CHECK(grad(sum(grad(sum(3 * x), other, {.create_graph = true})), x).value() == zeros({2}));
  CHECK(grad(grad([](const Var& t) { return 2 * t; }))(5).item() == 0);
  CHECK(grad([](const Var&) { return Var(4); })(5).item() == 0);
}

TEST_CASE("optimiser: it says which parameters have gradients instead of its own") {
  Parameter mine(scalar(1), "mine"), first(scalar(2), "net.first"), second(scalar(3), "net.second");
  optim::Sgd sgd({mine}, {.lr = 0.1});
  CHECK_ERROR("[sgd] no parameter has a gradient. Hint: call tape.backward", sgd.step());
  Tape tape;
  tape.backward(first * second);
  CHECK_ERROR(
      "[sgd] none of its parameters (\"mine\", …) has a gradient, but the last loss has given "
      "gradients to \"net.first\", \"net.second\". Hint: was this optimiser made for another "
      "model",
      sgd.step());
  optim::Sgd moved = std::move(sgd);
  CHECK_ERROR("[sgd] was moved away. Hint:", sgd.lr());    // NOLINT(bugprone-use-after-move)
  CHECK_ERROR("[sgd] was moved away. Hint:", sgd.step());  // NOLINT(bugprone-use-after-move)
}

TEST_CASE("backward: a gradient that no optimiser uses") {
  const Warnings warnings;
  Parameter used(scalar(1), "used"), forgotten(scalar(1), "mid.weight");
  optim::Sgd sgd({used}, {.lr = 0.01});
  for (int i = 0; i < 5; ++i) {  // steps before the first gradient do not count
    used.set_gradient(scalar(1));
    sgd.step();
  }
  const auto step = [&](const optim::StepOptions& options = {}) {
    Tape tape;
    tape.backward(used * forgotten);
    sgd.step(options);
  };
  for (std::uint64_t i = 0; i < steps_without_use; ++i) step();
  CHECK(warnings.got.empty());
  step();
  REQUIRE(warnings.got.size() == 1);
  CHECK(
      warnings.got[0].find("[backward] parameter \"mid.weight\" has gradients, but in 20 steps no "
                           "optimiser has used them. Hint:") == 0);
  for (int i = 0; i < 50; ++i) step();
  CHECK(warnings.got.size() == 1);

  forgotten.clear_gradient();  // as for the other network of a pair that is trained in turns
  for (int i = 0; i < 50; ++i) {
    step();
    forgotten.clear_gradient();
  }
  forgotten.freeze();
  for (int i = 0; i < 50; ++i) step();
  forgotten.unfreeze();
  optim::Sgd both({used, forgotten}, {.lr = 0});
  for (int i = 0; i < 50; ++i) {  // gradients that are kept were used
    Tape tape;
    tape.backward(used * forgotten);
    both.step({.keep_gradients = true});
  }
  CHECK(warnings.got.size() == 1);
}

TEST_CASE("backward: many passes for one step are no mistake") {
  const Warnings warnings;
  Parameter p(scalar(1), "p");
  for (int i = 0; i < 100; ++i) {
    Tape tape;
    tape.backward(square(p));
  }
  CHECK(warnings.got.empty());
}

TEST_CASE("freeze: a frozen parameter is a constant") {
  Parameter w(vector({1, 2}), "w"), frozen(vector({3, 4}), "frozen");
  frozen.freeze();
  Tape tape;
  const Var loss = sum(w * frozen);
  CHECK(tape.parameters().size() == 1);
  tape.backward(loss);
  CHECK(*w.gradient() == vector({3, 4}));
  CHECK(!frozen.gradient());
  CHECK_ERROR("is a constant", grad(loss, Var(frozen)));
  w.freeze();
  CHECK(!w.gradient());
  w.unfreeze();
  frozen.unfreeze();
  CHECK(grad(sum(w * frozen), Var(frozen)).value() == vector({1, 2}));
}

TEST_CASE("backward: an observer on another thread") {
  const Warnings warnings;
  const AnomalyMode anomaly;
  Parameter p(scalar(1), "p");
  const auto pass = [&] {
    Tape tape;
    tape.backward(square(p));
  };
  pass();
  CHECK(warnings.got.empty());
  std::thread([&] {
    pass();
    pass();
  }).join();
  REQUIRE(warnings.got.size() == 1);
  CHECK(warnings.got[0].find(
            "[observer] anomaly mode or a profile is alive, but on another thread") == 0);
}
