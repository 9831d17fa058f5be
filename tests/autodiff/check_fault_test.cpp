// The report of a gradient check: the place of a wrong derivative, and the operation at fault.
#include <reel/autodiff/inspect/check.h>

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <reel/autodiff/engine/scope.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/ops.h>

#include "checked_functions.h"

namespace reel::inline REEL_PRECISION {

TEST_CASE("the report names the place and the values") {
  const auto f = [](Vars v) {  // ∂/∂v1(1) is 1.5 times too large
    return record("planted", {v[0], v[1]}, v[0].value() + Real(2) * v[1].value(),
                  [factor = SharedTensor(vector({2, 3, 2}))](auto& d, auto& g, auto, auto&) {
                    d.add(0, g);
                    d.add(1, g * d.constant(factor));
                  });
  };
  const std::vector<Tensor> inputs{vector({1, 2, 3}), vector({4, 5, 6})};
  const CheckReport report = check_gradients(f, inputs);
  CHECK(!report.ok);
  CHECK(!report);
  CHECK(report.input == 1);
  CHECK(report.element == 1);
  CHECK(report.index == Shape{1});
  CHECK(report.output == 1);
  CHECK(report.analytic == 3);
  CHECK(std::abs(report.numeric - 2) < 1e-9);
  CHECK(report.step == 5e-3);
  CHECK(report.entries == 18);
  CHECK(report.sweep == Sweep::fused);
  CHECK(
      report.describe() ==
      "order 1: ∂f(1)/∂x1(1) is 3, numerically 2 (fused sweep, step 0.005): 497512 times the "
      "allowed difference. At fault: \"planted\" (3), (3) → (3), operation 1 of 1. 18 derivatives "
      "compared.");
  const std::string named = check_gradients(f, inputs, {.names = {"x", "bias"}}).describe();
  CAPTURE(named);
  CHECK(named.starts_with("order 1: ∂f(1)/∂\"bias\"(1) is 3"));
}

TEST_CASE("the report has several indices for a matrix, and none for a number") {
  const auto f = [](Vars v) {
    return record("planted", {v[0]}, reel::sum(v[0].value()), [](auto& d, auto&, auto in, auto&) {
      d.add(0, reel::broadcast_to(in[0], {2, 3}));
    });
  };
  const CheckReport report = check_gradients(f, {matrix({{1, 2, 3}, {1, 2, 30}})}, {.order = 1});
  CHECK(report.element == 5);
  CHECK(report.index == Shape{1, 2});
  CHECK(report.output_index == Shape{});
  CHECK(report.describe().starts_with("order 1: ∂f/∂x0(1,2) is "));
}

TEST_CASE("the sweep that is wrong is named") {
  for (const Sweep wrong : {Sweep::fused, Sweep::recorded}) {
    const auto f = [wrong](Vars v) {
      return record(
          "planted", {v[0]}, xt::exp(v[0].value()), [wrong](auto& d, auto& g, auto, auto& y) {
            constexpr bool recorded = std::is_same_v<std::remove_cvref_t<decltype(y)>, Var>;
            d.add(0, (recorded == (wrong == Sweep::recorded) ? slightly_wrong : right) * g * y);
          });
    };
    for (const bool fast : {false, true}) {
      const CheckReport report = check_gradients(f, {vector({0.5, 1})}, {.fast = fast});
      CHECK(report.sweep == wrong);
      CHECK(report.operation == "planted");
    }
  }
}

TEST_CASE("of many operations, the one with the wrong rule is named") {
  const auto layer = [](const Var& x, bool wrong) {
    return wrong ? elementwise(x, xt::sin(x.value()),
                               [](const auto& v) { return slightly_wrong * cos(v); })
                 : sin(x);
  };
  for (int at = 0; at < 5; ++at)
    for (const bool fast : {false, true}) {
      const auto f = [&](Vars v) {
        Var h = v[0];
        for (int i = 0; i < 5; ++i) {
          const Scope scope(concat("layer", i));
          h = tanh(matmul(h, layer(h + v[1], i == at)));
        }
        return sum(h * v[0]);
      };
      const CheckReport report = check_gradients(
          f, {matrix({{0.3, -0.4}, {0.5, 0.6}}), vector({0.1, 0.2})}, {.fast = fast});
      CHECK(!report.ok);
      CHECK(report.operation == "planted");
      CHECK(report.fault ==
            concat("\"planted\" (2,2) → (2,2) in layer", at, ", operation ", 4 * at + 2, " of 22"));
    }
}

TEST_CASE("at order 2, the operation whose derivative is wrong is named") {
  const auto f = [](Vars v) {
    const Var x = exp(v[0]);
    const Var y = record("planted", {x}, x.value() * x.value() * x.value(),
                         [c = x.shared()](auto& d, auto& g, auto in, auto&) {
                           d.add(0, Real(3) * g * in[0] * d.constant(c));
                         });
    return tanh(Real(0.1) * y);
  };
  for (const bool fast : {false, true}) {
    const CheckReport report = check_gradients(f, {vector({-0.3, 0.4})}, {.fast = fast});
    CHECK(report.order == 2);
    CHECK(report.operation == "planted");
    CHECK(report.fault ==
          "the derivative of \"planted\" (2) → (2), operation 2 of 4, in its \"multiply\", whose "
          "input 1 is a constant that changes with x");
  }
}

TEST_CASE("a value that was cut off the tape is named") {
  const auto half = [](Vars v) { return v[0] * Var(v[0].value()); };
  CHECK(check_gradients(half, {vector({1, 2})}).fault ==
        "\"multiply\" (2), (2) → (2), operation 1 of 1, whose input 1 is a constant that changes "
        "with x");
  const auto stopped = [](Vars v) { return sum(stop_gradient(v[0])) + v[1]; };
  const CheckReport report = check_gradients(stopped, {vector({1, 2}), scalar(1)});
  CHECK(report.operation == "add");
  CHECK(report.analytic == 0);
  CHECK(report.numeric == doctest::Approx(1));
  const auto all = [](Vars v) { return Var(reel::sum(v[0].value())); };
  CHECK(check_gradients(all, {vector({1, 2})}).fault ==
        "the value of f is a constant that changes with x, not made by recorded operations");
}

TEST_CASE("of several operations that are wrong, the one with the largest share is named") {
  const Var c = vector({2, 3});
  const auto with_error = [&](const Var& x, Real error, const char* name) {
    return record(name, {x, c}, x.value() * c.value(),
                  [error](auto& d, auto& g, auto in, auto&) { d.add(0, (1 + error) * g * in[1]); });
  };
  const auto f = [&](Vars v) {
    Var sum = with_error(v[0], Real(0.01), "a");
    sum = sum + with_error(v[0], Real(-0.02), "b");
    return sum + with_error(v[0], Real(0.015), "c");
  };
  const CheckReport report = check_gradients(f, {vector({1, -2})});
  CHECK(report.operation == "b");
  CHECK(report.fault == "\"b\" (2), (2) → (2), operation 2 of 5");  // the constant does not change
}

TEST_CASE("what cannot be blamed on one operation is not") {
  const auto branches = [](Vars v) {  // takes another branch near x than at x
    return v[0].item() == 1 ? square(v[0]) : exp(Real(1) * v[0]);
  };
  const CheckReport report = check_gradients(branches, {scalar(1)});
  CHECK(!report.ok);
  CHECK(report.operation.empty());
  CHECK(report.fault == "f records other operations beside the inputs than at them");
}

TEST_CASE("orders above 2") {
  for (const bool fast : {false, true}) {
    CHECK(check_gradients([](Vars v) { return tanh(v[0] * v[1]); },
                          {vector({0.3, 0.5}), scalar(1.5)}, {.order = 4, .fast = fast})
              .ok);
    // x³, right up to its second derivative
    const auto derivative = [](const Var& x) {
      return record("inner", {x}, Real(3) * x.value() * x.value(),
                    [c = x.shared()](auto& d, auto& g, auto, auto&) {
                      d.add(0, Real(6) * g * d.constant(c));
                    });
    };
    const auto f = [&](Vars v) {
      return record("outer", {v[0]}, v[0].value() * v[0].value() * v[0].value(),
                    [&](auto& d, auto& g, auto in, auto&) {
                      if constexpr (std::is_same_v<std::remove_cvref_t<decltype(g)>, Var>)
                        d.add(0, g * derivative(in[0]));
                      else
                        d.add(0, g * Real(3) * in[0] * in[0]);
                    });
    };
    CHECK(check_gradients(f, {vector({1, 2})}, {.order = 2, .fast = fast}).ok);
    const CheckReport report = check_gradients(f, {vector({1, 2})}, {.order = 3, .fast = fast});
    CHECK(!report.ok);
    CHECK(report.order == 3);
    CHECK(report.fault ==
          "the second derivative of \"outer\" (2) → (2), operation 1 of 1, in its \"multiply\", "
          "whose input 1 is a constant that changes with x");
    CHECK(report.operation == "outer");
    // x³, right up to its second derivative too, in one rule: 3x² as 3c(2x − c) with a constant c
    const auto one = [&](Vars v) {
      return tanh(Real(0.1) * record("outer", {v[0]}, v[0].value() * v[0].value() * v[0].value(),
                                     [c = v[0].shared()](auto& d, auto& g, auto in, auto&) {
                                       d.add(0, Real(3) * g * d.constant(c) *
                                                    (Real(2) * in[0] - d.constant(c)));
                                     }));
    };
    CHECK(check_gradients(one, {vector({1, 2})}, {.order = 2, .fast = fast}).ok);
    const CheckReport third = check_gradients(one, {vector({1, 2})}, {.order = 3, .fast = fast});
    CHECK(third.order == 3);
    CHECK(third.operation == "outer");
  }
}

}  // namespace reel::inline REEL_PRECISION
