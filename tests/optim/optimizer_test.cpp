// The code that all optimisers share: they use and clear gradients, count steps, and check options.
#include <reel/optim/optimizer.h>

#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/reduction.h>

#include "../near.h"
#include "../special_values.h"
#include "../throws.h"
#include "every_optimizer.h"

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

using Parameters = std::vector<Parameter>;

Tensor gradient(int step) {
  return vector({std::sin(Real(step)), std::cos(Real(2 * step)), Real(0.5)});
}

Parameter start_of_three() { return Parameter(vector({1, -2, 3}), "p"); }

TEST_CASE("optimizer: a step uses the gradients of a backward pass and empties them") {
  const Parameter p(vector({1, -2}), "p");
  Sgd sgd({p}, {.lr = 0.25});
  Tape tape;
  tape.backward(sum(square(p)));
  sgd.step();
  CHECK(p.value() == vector({0.5, -1}));
  CHECK_FALSE(p.gradient());
  CHECK_THROWS_AS(sgd.step(), Error);
}

TEST_CASE("optimizer: keep leaves the gradients as they are") {
  for (const NamedOptimizer& row : optimizers()) {
    CAPTURE(row.name);
    Parameter kept = start_of_three(), fresh = start_of_three();
    const auto keeping = make_stateful(row, {kept}), usual = make_stateful(row, {fresh});
    kept.set_gradient(gradient(1));
    for (int step = 0; step < 3; ++step) {
      keeping->step({.keep_gradients = true});
      CHECK(*kept.gradient() == gradient(1));
      fresh.set_gradient(gradient(1));
      usual->step();
      CHECK(kept.value() == fresh.value());
    }
    keeping->clear_gradients();
    CHECK_FALSE(kept.gradient());
  }
}

TEST_CASE("optimizer: a step with no gradient at all is an error, and changes nothing") {
  for (const NamedOptimizer& row : optimizers()) {
    const Parameter p = start_of_three(), q = start_of_three();
    const auto optimizer = make_stateful(row, {p, q});
    const std::string message = message_of([&] { optimizer->step(); });
    CHECK(message == concat('[', optimizer->method(),
                            "] no parameter has a gradient. Hint: call tape.backward(loss) before "
                            "step()."));
    CHECK(p.value() == start_of_three().value());
  }
}

TEST_CASE("optimizer: without a gradient a parameter is skipped, and its steps don't count") {
  for (const NamedOptimizer& row : optimizers()) {
    CAPTURE(row.name);
    Parameter always = start_of_three(), sometimes = start_of_three(), alone = start_of_three();
    const auto both = make_stateful(row, {always, sometimes}), one = make_stateful(row, {alone});
    for (int step = 0; step < 12; ++step) {
      always.set_gradient(gradient(step));
      const bool part = step % 3 == 1;
      const Tensor before = sometimes.value();
      if (part) {
        sometimes.set_gradient(gradient(step));
        alone.set_gradient(gradient(step));
        one->step();
      }
      both->step();
      if (!part) CHECK(sometimes.value() == before);
      CHECK(sometimes.value() == alone.value());
    }
  }
}

TEST_CASE("optimizer: a step counts once, not once for each tensor of the model") {
  for (const NamedOptimizer& row : optimizers()) {
    CAPTURE(row.name);
    Parameter first = start_of_three(), second = start_of_three(), alone = start_of_three();
    const auto two = make_stateful(row, {first, second}), one = make_stateful(row, {alone});
    for (int step = 0; step < 10; ++step) {
      for (Parameter* p : {&first, &second, &alone}) p->set_gradient(gradient(step));
      two->step();
      one->step();
      CHECK(first.value() == alone.value());
      CHECK(second.value() == alone.value());
    }
  }
}

TEST_CASE("optimizer: the rate can be changed between steps") {
  Parameter p = start_of_three();
  Sgd sgd({p}, {.lr = 0.5, .momentum = 0.5});
  p.set_gradient(full({3}, 1));
  sgd.step();  // b = 1
  CHECK(p.value() == vector({0.5, -2.5, 2.5}));
  sgd.set_lr(2);
  CHECK(sgd.lr() == 2);
  p.set_gradient(full({3}, 1));
  sgd.step();  // b = 1.5, which contains no old rate
  CHECK(p.value() == vector({-2.5, -5.5, -0.5}));
  for (const double wrong : {-1.0, nan, inf}) CHECK_ERROR("[sgd] lr = ", sgd.set_lr(wrong));
  CHECK(sgd.lr() == 2);
  sgd.set_lr(0);
  p.set_gradient(full({3}, 1));
  sgd.step();
  CHECK(p.value() == vector({-2.5, -5.5, -0.5}));
}

TEST_CASE("optimizer: parameters that cannot be optimised are refused") {
  const Parameter p(vector({1}), "w"), q(vector({1}), "v");
  const Parameter empty, bare = Parameter::uninitialised({2});
  CHECK(message_of([] { Sgd({}, {.lr = 1}); }) == "[sgd] was given no parameters.");
  CHECK(message_of([&] { Adam({p, q, p}); }) == "[adam] parameter \"w\" was given twice.");
  CHECK_ERROR("has no values yet", Adagrad({p, bare}));
  CHECK_ERROR("is empty", Rmsprop({p, empty}));
}

TEST_CASE("optimizer: options that make no sense are named") {
  const Parameters p{Parameter(vector({1}))};
  for (const NamedOptimizer& row : optimizers()) {
    const std::string method(make_optimizer(row.name, p, {{"lr", 1}})->method());
    for (const NamedOption& option : row.options) {
      if (std::set<std::string_view>{"nesterov", "amsgrad", "centered"}.count(option.name))
        continue;
      const std::string name(option.name);
      CAPTURE(name);
      for (const double wrong : {-0.1, -inf, inf, nan}) {
        CAPTURE(wrong);
        CHECK_ERROR(concat('[', method, "] ", name, " = "),
                    make_optimizer(row.name, p, {{"lr", 1}, {name, wrong}}));
      }
    }
    CHECK_ERROR(concat('[', row.name, "] there is no option \"rate\"."),
                make_optimizer(row.name, p, {{"rate", 1}}));
  }
  CHECK_ERROR("[optimizer] there is no \"adamant\".", make_optimizer("adamant", p));
  CHECK_ERROR("[sgd] lr = nan is", make_optimizer("sgd", p));  // required
  CHECK(message_of([&] { Adam(p, {.beta1 = 1}); }) == "[adam] beta1 = 1 is not in [0, 1).");
  CHECK_ERROR("[adam] beta2 = 1 is", Adam(p, {.beta2 = 1}));
  CHECK_ERROR("[rmsprop] alpha = 1 is", Rmsprop(p, {.alpha = 1}));
  for (const double dampening : {0.0, 0.5})
    CHECK_ERROR("[sgd] nesterov takes a momentum",
                Sgd(p, {.lr = 1, .dampening = dampening, .nesterov = true}));
  CHECK_ERROR("[sgd] nesterov takes a momentum and no dampening.",
              Sgd(p, {.lr = 1, .momentum = 0.9, .dampening = 0.1, .nesterov = true}));
}

TEST_CASE("optimizer: the table's defaults are those of the classes") {
  for (const NamedOptimizer& row : optimizers()) {
    CAPTURE(row.name);
    REQUIRE(row.options[0].name == "lr");
    NamedOptions all = row.options;
    all[0].value = row.lr;
    Parameter p = start_of_three(), q = start_of_three();
    const auto by_default = make_optimizer(row.name, {p}, {{"lr", row.lr}});
    const auto spelt_out = make_optimizer(row.name, {q}, all);
    for (int step = 0; step < 3; ++step) {
      p.set_gradient(gradient(step));
      q.set_gradient(gradient(step));
      by_default->step();
      spelt_out->step();
    }
    CHECK(p.value() == q.value());
    CHECK(p.value() != start_of_three().value());
    CHECK(by_default->lr() == row.lr);
  }
}

TEST_CASE("optimizer: a NaN stays where it is") {
  for (const NamedOptimizer& row : optimizers()) {
    CAPTURE(row.name);
    Parameter p = start_of_three(), clean = start_of_three();
    const auto dirty = make_stateful(row, {p}), same = make_stateful(row, {clean});
    for (int step = 0; step < 3; ++step) {
      p.set_gradient(vector({1, Real(nan), 1}));
      clean.set_gradient(vector({1, 0, 1}));
      dirty->step();
      same->step();
    }
    CHECK(p.value()(0) == clean.value()(0));
    CHECK(std::isnan(p.value()(1)));
    CHECK(p.value()(2) == clean.value()(2));
  }
}

TEST_CASE("optimizer: one number or a million, each moves by itself") {
  constexpr std::size_t n = 1'000'003;
  for (const NamedOptimizer& row : optimizers()) {
    CAPTURE(row.name);
    Parameter many(full({n}, 2)), one(scalar(2)), none(zeros({0}));
    const auto optimizer = make_stateful(row, {many, one, none});
    for (int step = 0; step < 2; ++step) {
      many.set_gradient(full({n}, Real(0.75)));
      one.set_gradient(scalar(Real(0.75)));
      none.set_gradient(zeros({0}));
      optimizer->step();
    }
    std::size_t different = 0;
    // a vectorised loop may round products and sums differently from a scalar loop
    for (const Real x : many.value()) different += !near(x, item(one.value()), 1e-14);
    CHECK(different == 0);
    CHECK(item(one.value()) < 2);
  }
}

}  // namespace
TEST_CASE("a rate that was not given, and a parameter that was resized, are errors") {
  Parameter p(vector({1, 2}), "p");
  CHECK_ERROR("[sgd] lr = nan", Sgd({p}, {.momentum = 0.9}));
  Adam adam({p});
  p.mutate() = zeros({1000});
  p.set_gradient(zeros({1000}));
  CHECK_ERROR("\"p\" has shape (1000)", adam.step());
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
