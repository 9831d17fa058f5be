// The gradient checker: it must find derivatives that are only slightly wrong, and say where; and
// it must accept right ones, also at kinks, poles and extremes.
#include <reel/autodiff/inspect/check_doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/engine/scope.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/autodiff/ops/piecewise.h>

#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace {

using Vars = std::span<const Var>;

constexpr Real right = 1, slightly_wrong = Real(1.0005), sign_flipped = -1;

// A function whose derivative is wrong by a given factor.
struct Planted {
  const char* name;
  std::function<Var(Vars, Real factor)> f;
  std::vector<Tensor> inputs;
};

template <class Value, class Rule>
Var planted(Vars x, Value&& value, Rule rule) {
  if (x.size() == 1) return record("planted", {x[0]}, std::forward<Value>(value), std::move(rule));
  return record("planted", {x[0], x[1]}, std::forward<Value>(value), std::move(rule));
}

std::vector<Planted> functions() {
  const Tensor x = vector({-1.3, 0.4, 0.9}), p = vector({0.5, 1.2, 2.5});
  const Tensor a = matrix({{1, -2, 0.5}, {0.3, 0.7, -1}}),
               b = matrix({{2, 1}, {-1, 0.4}, {0.6, 3}});
  return {
      {"exp",
       [](Vars v, Real c) {
         return planted(v, xt::exp(v[0].value()),
                        [c](auto& d, auto& g, auto, auto& y) { d.add(0, c * g * y); });
       },
       {x}},
      {"log",
       [](Vars v, Real c) {
         return planted(v, xt::log(v[0].value()),
                        [c](auto& d, auto& g, auto in, auto&) { d.add(0, c * g / in[0]); });
       },
       {p}},
      {"tanh",
       [](Vars v, Real c) {
         return planted(v, xt::tanh(v[0].value()), [c](auto& d, auto& g, auto, auto& y) {
           d.add(0, c * g * (Real(1) - y * y));
         });
       },
       {x}},
      {"square",
       [](Vars v, Real c) {
         return planted(v, v[0].value() * v[0].value(), [c](auto& d, auto& g, auto in, auto&) {
           d.add(0, c * g * (Real(2) * in[0]));
         });
       },
       {x}},
      {"sqrt",
       [](Vars v, Real c) {
         return planted(v, xt::sqrt(v[0].value()),
                        [c](auto& d, auto& g, auto, auto& y) { d.add(0, c * g / (Real(2) * y)); });
       },
       {p}},
      {"negate",
       [](Vars v, Real c) {
         return planted(v, -v[0].value(), [c](auto& d, auto& g, auto, auto&) { d.add(0, -c * g); });
       },
       {x}},
      {"sum",
       [](Vars v, Real c) {
         return planted(v, reel::sum(v[0].value()), [c](auto& d, auto& g, auto in, auto&) {
           d.add(0, reel::broadcast_to(reel::reshape(c * g, {1, 1}), in[0].shape()));
         });
       },
       {a}},
      {"softmax",
       [](Vars v, Real c) {
         return planted(v, reel::softmax(v[0].value()), [c](auto& d, auto& g, auto, auto& y) {
           const auto total = reel::sum(g * y, -1, true);
           d.add(0, y * (c * g - c * total));
         });
       },
       {a}},
      {"multiply, by its second input",
       [](Vars v, Real c) {
         return planted(v, v[0].value() * v[1].value(), [c](auto& d, auto& g, auto in, auto&) {
           d.add(0, g * in[1]);
           d.add(1, c * g * in[0]);
         });
       },
       {x, p}},
      {"divide, by its second input",
       [](Vars v, Real c) {
         return planted(v, v[0].value() / v[1].value(), [c](auto& d, auto& g, auto in, auto& y) {
           d.add(0, g / in[1]);
           d.add(1, -c * g * y / in[1]);
         });
       },
       {x, p}},
      {"matmul",
       [](Vars v, Real c) {
         return planted(v, reel::matmul(v[0].value(), v[1].value()),
                        [c](auto& d, auto& g, auto in, auto&) {
                          d.add(0, c * reel::matmul(g, false, in[1], true));
                          d.add_matmul(1, in[0], true, g, false);
                        });
       },
       {a, b}}};
}

CheckReport check(const Planted& function, Real factor, const CheckOptions& options = {}) {
  return check_gradients([&](Vars x) { return function.f(x, factor); }, function.inputs, options);
}

// An operation with this value and, as its rule, this derivative, at each element.
template <class Value, class Derivative>
Var elementwise(const Var& x, Value&& value, Derivative derivative) {
  return record(
      "planted", {x}, std::forward<Value>(value),
      [derivative](auto& d, auto& g, auto in, auto&) { d.add(0, g * derivative(in[0])); });
}

}  // namespace

TEST_CASE("right derivatives pass") {
  for (const Planted& function : functions())
    for (const bool fast : {false, true}) {
      CAPTURE(function.name);
      const CheckReport report = check(function, right, {.fast = fast});
      CHECK_MESSAGE(report.ok, report.describe());
      CHECK(report.excess <= 1);
      CHECK(report.operation.empty());
    }
}

TEST_CASE("derivatives that are wrong by one part in two thousand, or in sign, are caught") {
  for (const Planted& function : functions())
    for (const Real factor : {slightly_wrong, Real(1) / slightly_wrong, sign_flipped}) {
      CAPTURE(function.name);
      CAPTURE(factor);
      CHECK(!check(function, factor, {.fast = true}).ok);
      const CheckReport report = check(function, factor);
      CHECK(!report.ok);
      CHECK(report.order == 1);
      CHECK(report.operation == "planted");
      // wrong by 5e-4; 1e-6 is allowed
      CHECK(report.excess > (factor < 0 ? 1e5 : 300));
      CHECK(std::abs(report.analytic / report.numeric - factor) < 1e-5);
    }
}

TEST_CASE("one wrong entry among many is caught") {
  for (const std::size_t wrong : {0U, 7U, 19U}) {
    const auto f = [wrong](Vars x) {
      Tensor factor = full({20}, 1);
      factor(wrong) = slightly_wrong;
      return record("planted", {x[0]}, xt::exp(x[0].value()),
                    [factor = SharedTensor(factor)](auto& d, auto& g, auto, auto& y) {
                      d.add(0, g * y * d.constant(factor));
                    });
    };
    Tensor x = uninitialized({20});
    for (std::size_t i = 0; i < 20; ++i) x(i) = Real(0.1) * static_cast<Real>(i) - 1;
    const CheckReport report = check_gradients(f, {x});
    CHECK(!report.ok);
    CHECK(report.input == 0);
    CHECK(report.element == wrong);
    CHECK(report.output == wrong);
  }
}

TEST_CASE("a broadcast that is not summed back is caught") {
  // x (2,3) + b (3): the gradient with respect to b is the sum over rows, not one of them or their
  // mean
  const Tensor x = matrix({{1, 2, 3}, {4, 5, 6}}), b = vector({0.1, 0.2, 0.3});
  const auto with_share = [](Real share) {
    return [share](Vars v) {
      return record("planted", {v[0], v[1]}, v[0].value() + v[1].value(),
                    [share](auto& d, auto& g, auto, auto&) {
                      d.add(0, g);
                      d.add(1, share * reel::sum(g, 0));
                    });
    };
  };
  CHECK(check_gradients(with_share(1), {x, b}).ok);
  const CheckReport mean = check_gradients(with_share(0.5), {x, b});
  CHECK(!mean.ok);
  CHECK(mean.input == 1);
  const auto one_row = [](Vars v) {
    return record("planted", {v[0], v[1]}, v[0].value() + v[1].value(),
                  [](auto& d, auto& g, auto, auto&) {
                    d.add(0, g);
                    d.add(1, reel::matmul(Tensor(matrix({{1, 0}})), false, g, false));
                  });
  };
  const CheckReport first = check_gradients(one_row, {x, b});
  CHECK(!first.ok);
  CHECK(first.input == 1);
}

TEST_CASE("a gradient that is overwritten instead of added to is caught") {
  // x·x as an operation with two inputs, which are the same variable: loses the first part
  const auto product = [](bool lose) {
    return [lose](Vars v) {
      return record("planted", {v[0], v[0]}, v[0].value() * v[0].value(),
                    [lose](auto& d, auto& g, auto in, auto&) {
                      if (!lose) d.add(0, g * in[1]);
                      d.add(1, g * in[0]);
                    });
    };
  };
  const Tensor x = vector({-1.3, 0.4});
  CHECK(check_gradients(product(false), {x}).ok);
  const CheckReport report = check_gradients(product(true), {x});
  CHECK(!report.ok);
  CHECK(std::abs(report.analytic / report.numeric - 0.5) < 1e-6);
}

TEST_CASE("a derivative whose own derivative is wrong is caught at order 2") {
  // the rule gives the right number, but in the recorded sweep one of its factors is a constant
  const auto detached = [](Vars v) {
    return record("planted", {v[0]}, v[0].value() * v[0].value() * v[0].value(),
                  [x = v[0].shared()](auto& d, auto& g, auto in, auto&) {
                    d.add(0, Real(3) * g * in[0] * d.constant(x));
                  });
  };
  const Tensor x = vector({-1.3, 0.4});
  CHECK(check_gradients(detached, {x}, {.order = 1}).ok);
  const CheckReport report = check_gradients(detached, {x});
  CHECK(!report.ok);
  CHECK(report.order == 2);
  CHECK(std::abs(report.analytic / report.numeric - 0.5) < 1e-6);
  // wrong by one part in two thousand: x² as 1.001·(x·x) − 0.001·(x·constant) …
  const auto slightly = [](Vars v) {
    return record(
        "planted", {v[0]}, v[0].value() * v[0].value() * v[0].value(),
        [x = v[0].shared()](auto& d, auto& g, auto in, auto&) {
          d.add(0, Real(3) * g * in[0] * (Real(0.999) * in[0] + Real(0.001) * d.constant(x)));
        });
  };
  CHECK(check_gradients(slightly, {x}, {.order = 1}).ok);
  const CheckReport second = check_gradients(slightly, {x});
  CHECK(!second.ok);
  CHECK(second.order == 2);
}

TEST_CASE("NaN is never right, and infinities only where both are") {
  const auto times = [](Real factor) {
    return [factor](Vars v) {
      return record("planted", {v[0]}, v[0].value(),
                    [factor](auto& d, auto& g, auto, auto&) { d.add(0, factor * g); });
    };
  };
  const Tensor x = vector({1, 2});
  CHECK(check_gradients(times(1), {x}).ok);
  for (const Real bad :
       {std::numeric_limits<Real>::quiet_NaN(), std::numeric_limits<Real>::infinity()}) {
    const CheckReport report = check_gradients(times(bad), {x});
    CHECK(!report.ok);
    CHECK(std::isinf(report.excess));
  }
  // a function whose value is NaN
  CHECK(!check_gradients([](Vars v) { return log(v[0]); }, {vector({-1})}).ok);
  // a derivative that should be 0, and a 0 that should be a derivative
  CHECK(!check_gradients(times(0), {x}).ok);
  CHECK(!check_gradients(
             [](Vars v) {
               return record("planted", {v[0]}, zeros({2}),
                             [](auto& d, auto& g, auto, auto&) { d.add(0, Real(1e-7) * g); });
             },
             {x})
             .ok);
}

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

// ---- the operation at fault

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

// ---- kinks and poles

TEST_CASE("at a kink, any derivative between those from both sides is right, and counted") {
  const auto ramp = [](Real at_zero) {  // max(0, x) with a given derivative at 0
    return [at_zero](Vars v) {
      Tensor derivative = v[0].value();
      for (Real& x : derivative.storage()) x = x > 0 ? 1 : x < 0 ? 0 : at_zero;
      return record("planted", {v[0]}, xt::maximum(Real(0), v[0].value()),
                    [c = SharedTensor(derivative)](auto& d, auto& g, auto, auto&) {
                      d.add(0, g * d.constant(c));
                    });
    };
  };
  const Tensor x = vector({-1, 0, 2, 0.5});
  for (const Real inside : {0.0, 0.3, 1.0}) {
    const CheckReport report = check_gradients(ramp(inside), {x});
    CHECK_MESSAGE(report.ok, report.describe());
    CHECK(report.kinks == 1);
    CHECK(report.skipped == 1);
    CHECK(report.entries == 16 + 3);
    CHECK(report.describe().ends_with("19 derivatives compared, 1 at kinks, 1 skipped at kinks."));
    CHECK(check_gradients(ramp(inside), {x}, {.fast = true}).ok);
  }
  for (const Real outside : {-0.0005, 1.0005, -1.0, 2.0})
    for (const bool fast : {false, true}) {
      const CheckReport report = check_gradients(ramp(outside), {x}, {.fast = fast});
      CHECK(!report.ok);
      CHECK(report.order == 1);
      CHECK(report.element == 1);
    }
}

TEST_CASE("a kink at one element hides no wrong derivative at another, nor beside it") {
  const auto ramp = [](Real slope) {
    return [slope](Vars v) {
      return elementwise(v[0], xt::maximum(Real(0), v[0].value()),
                         [slope](const auto& x) { return slope * is_positive(x); });
    };
  };
  for (const Real beside : {1e-2, 1e-3, 1e-4, 1e-5, 1e-6}) {
    CAPTURE(beside);
    const Tensor x = vector({0, -1, 0, beside, -beside, 0});
    const CheckReport good = check_gradients(ramp(1), {x});
    CHECK_MESSAGE(good.ok, good.describe());
    CHECK(good.kinks == 3);
    CHECK(good.skipped == 3);
    for (const Real slope : {1.0005, 0.9995, 0.5, 0.0})
      for (const bool fast : {false, true}) {
        const CheckReport report = check_gradients(ramp(slope), {x}, {.fast = fast});
        CHECK(!report.ok);
        CHECK(report.element == 3);
      }
  }
}

TEST_CASE("at a kink of many elements at once, in fast mode") {
  Tensor x = uninitialized({300});
  for (std::size_t i = 0; i < 300; ++i) x(i) = i % 20 == 0 ? 0 : std::sin(Real(i));
  const CheckReport report =
      check_gradients([](Vars v) { return relu(v[0]) * v[0] + relu(v[0]); }, {x}, {.fast = true});
  CHECK_MESSAGE(report.ok, report.describe());
  CHECK(report.kinks + report.skipped > 0);
}

TEST_CASE("Reel's own kinks pass, at both orders, at the kink and beside it") {
  const std::vector<std::pair<Real, Var (*)(const Var&)>> functions{
      {0, [](const Var& v) { return relu(v); }},
      {0, [](const Var& v) { return abs(v); }},
      {0, [](const Var& v) { return leaky_relu(v); }},
      {0, [](const Var& v) { return elu(v, Real(0.7)); }},
      {0, [](const Var& v) { return softsign(v); }},
      {-1, [](const Var& v) { return hard_tanh(v); }},
      {3, [](const Var& v) { return hard_swish(v); }},
      {2, [](const Var& v) { return maximum(v, Real(2)); }},
      {1.5, [](const Var& v) { return huber(v, zeros(v.shape()), Real(1.5), Reduction::sum); }},
      {0, [](const Var& v) {
         return max(concatenate({v, Real(0.5) * v}));
       }}};
  for (std::size_t i = 0; i < functions.size(); ++i)
    for (const Real beside : {0.0, 1e-8, -1e-7, 1e-5, -3e-4, 1e-3})
      for (const bool fast : {false, true}) {
        CAPTURE(i);
        CAPTURE(beside);
        const auto f = [&](Vars v) { return functions[i].second(v[0]); };
        const CheckReport report =
            check_gradients(f, {vector({functions[i].first + beside})}, {.fast = fast});
        CHECK_MESSAGE(report.ok, report.describe());
      }
}

TEST_CASE("a wrong second derivative beside a kink is caught") {
  // max(0, x)·x², whose second derivative is 6x for x > 0; the wrong one is 3x
  const auto f = [](Vars v) {
    const Var cubed = record("planted", {v[0]}, v[0].value() * v[0].value() * v[0].value(),
                             [c = v[0].shared()](auto& d, auto& g, auto in, auto&) {
                               d.add(0, Real(3) * g * in[0] * d.constant(c));
                             });
    return cubed * Var(evaluate(is_positive(v[0].value()))) + abs(v[0]);
  };
  for (const Real x : {1e-3, 1e-2, 1.0}) {
    const CheckReport report = check_gradients(f, {vector({0, x})});
    CHECK(!report.ok);
    CHECK(report.order == 2);
    CHECK(report.element == 1);
    CHECK(report.operation == "planted");
  }
}

TEST_CASE("a jump is no kink") {
  const auto report = check_gradients([](Vars v) { return floor(v[0]); }, {vector({1.5, 2})});
  CHECK(!report.ok);
  CHECK(report.element == 1);
  CHECK(check_gradients([](Vars v) { return floor(v[0]); }, {vector({1.5, 2.001})}).ok);
}

TEST_CASE("steps suit the input: large ones, and those near a pole or the end of the domain") {
  const auto passes = [](Var (*f)(const Var&), const Tensor& x) {
    for (const bool fast : {false, true}) {
      const CheckReport report =
          check_gradients([f](Vars v) { return f(v[0]); }, {x}, {.fast = fast});
      CHECK_MESSAGE(report.ok, report.describe());
    }
  };
  passes(&reel::square, vector({1e6, -3e8}));
  passes(&reel::log, vector({1e-2, 1e-3, 1e6}));
  passes(&reel::sqrt, vector({1e-3, 1e4}));
  passes(&reel::reciprocal, vector({1e-2, -1e-2}));
  passes(&reel::sin, vector({1e3, 1e4}));
  passes([](const Var& v) { return sin(Real(300) * v); }, vector({0.1, 2}));
  const auto near_its_end = [](Vars v) {  // throws below 1
    if (v[0].item() < 1) fail_usage("planted", "is not defined there.");
    return v[0] * v[0];
  };
  CHECK(check_gradients(near_its_end, {scalar(1.0001)}).ok);
  const CheckReport report = check_gradients(near_its_end, {scalar(1)});
  CHECK(!report.ok);
  CHECK(std::isnan(report.numeric));
  CHECK(report.fault == "f has no finite values beside the inputs");
  CHECK_ERROR("[planted] is not defined there.", check_gradients(near_its_end, {scalar(0.5)}));
}

// ---- fast mode

TEST_CASE("fast mode finds one wrong entry among ten thousand") {
  Tensor x = uninitialized({100, 100});
  Rng rng(1);
  for (Real& v : x.storage()) v = static_cast<Real>(rng.normal());
  for (const std::size_t wrong : {0U, 4711U, 9999U}) {
    Tensor factor = full({100, 100}, 1);
    factor.data()[wrong] = Real(1.01);
    std::size_t calls = 0;
    const auto f = [&](Vars v) {
      ++calls;
      return sum(record("planted", {v[0]}, xt::exp(v[0].value()),
                        [c = SharedTensor(factor)](auto& d, auto& g, auto, auto& y) {
                          d.add(0, g * y * d.constant(c));
                        }));
    };
    const CheckReport report = check_gradients(f, {x}, {.fast = true});
    CHECK(!report.ok);
    CHECK(report.element == wrong);
    CHECK(report.index == Shape{wrong / 100, wrong % 100});
    CHECK(report.width == 1);
    CHECK(report.projected);
    CHECK(std::abs(report.analytic / report.numeric - 1.01) < 1e-5);
    CHECK(calls < 1000);
    factor.data()[wrong] = 1;
    calls = 0;
    CHECK(check_gradients(f, {x}, {.fast = true}).ok);
    CHECK(calls < 40);
  }
}

TEST_CASE("fast mode: errors that cancel in a sum of equal weights, and seeds") {
  const auto opposite = [](Vars v) {  // wrong by +1 and −1
    return record("planted", {v[0]}, v[0].value(),
                  [c = SharedTensor(vector({2, 0}))](auto& d, auto& g, auto, auto&) {
                    d.add(0, g * d.constant(c));
                  });
  };
  const auto moved = [](Vars v) {  // errors that add up to 0 over all entries of the Jacobian
    return record("planted", {v[0]}, v[0].value(), [](auto& d, auto& g, auto, auto&) {
      d.add(0, reel::matmul(Tensor(matrix({{2, -1}, {-1, 2}})), false, reel::reshape(g, {2, 1}),
                            false));
    });
  };
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CHECK(
        !check_gradients(opposite, {vector({1, 2})}, {.fast = true, .projections = 1, .seed = seed})
             .ok);
    CHECK(!check_gradients(moved, {matrix({{1}, {2}})},
                           {.fast = true, .projections = 1, .seed = seed})
               .ok);
  }
  const auto value = [&](std::uint64_t seed) {
    return check_gradients(opposite, {vector({1, 2})}, {.fast = true, .seed = seed}).analytic;
  };
  CHECK(value(1) == value(1));
  CHECK(value(1) != value(2));
}

// ---- other errors that a check finds

TEST_CASE("a rule that forgets g is caught, for a scalar too") {
  const auto f = [](Vars v) {
    return record("planted", {v[0]}, reel::sum(v[0].value() * v[0].value()),
                  [](auto& d, auto&, auto in, auto&) { d.add(0, Real(2) * in[0]); });
  };
  CHECK(check_gradients(f, {vector({1, 2})}, {.order = 1}).analytic == -1 * 2.0);
  CHECK(!check_gradients(f, {vector({1, 2})}, {.order = 1, .fast = true}).ok);
}

TEST_CASE("a value or a gradient that is not finite is said to be so") {
  const CheckReport value =
      check_gradients([](Vars v) { return log(v[0]); }, {matrix({{1, 2}, {-1, 3}})});
  CHECK(value.describe() == "the value at the inputs is not finite: NaN at (1,0).");
  CHECK(check_gradients([](Vars v) { return sum(exp(v[0])); }, {vector({1e4})}).describe() ==
        "the value at the inputs is not finite: infinity.");
  for (const bool fast : {false, true}) {
    const CheckReport gradient = check_gradients([](Vars v) { return tanh(sqrt(v[0]) * v[1]); },
                                                 {vector({1, 0}), vector({2, 3})}, {.fast = fast});
    CHECK(!gradient.ok);
    CHECK(!std::isfinite(gradient.analytic));
    CHECK(gradient.input == 0);
    CHECK(gradient.element == 1);
  }
  const auto nan = [](Vars v) {
    return tanh(elementwise(v[0], v[0].value(), [](const auto& x) { return x * Real(NAN); }));
  };
  CHECK(check_gradients(nan, {vector({1, 2})}).fault == "\"planted\" (2) → (2), operation 1 of 2");
}

TEST_CASE("a function that is not deterministic, or returns nothing, is said to be so") {
  Rng rng(1);
  const auto noisy = [&](Vars v) { return v[0] * static_cast<Real>(rng.uniform()); };
  const CheckReport report = check_gradients(noisy, {vector({1, 2})});
  CHECK(!report.ok);
  CHECK(report.describe() == "f is not deterministic: two evaluations at the same inputs differ.");
  CHECK(check_gradients([](Vars) { return Var(); }, {vector({1})}).describe() ==
        "f returns an empty Var.");
  CHECK(!check_gradients([](Vars) { return Var(); }, {vector({1})}).ok);
}

TEST_CASE("what f throws at the inputs is passed on") {
  const auto f = [](Vars v) {
    return v[0].shape().empty() ? throw std::runtime_error("mine") : v[0];
  };
  CHECK_THROWS_WITH_AS(check_gradients(f, {scalar(1)}), "mine", std::runtime_error);
  CHECK_ERROR("[add]",
              check_gradients([](Vars v) { return v[0] + v[1]; }, {zeros({2}), zeros({3})}));
}

TEST_CASE("inputs that are empty, unused or none, and constant results") {
  const Tensor x = vector({1, 2});
  for (const bool fast : {false, true}) {
    const CheckOptions options{.fast = fast};
    CHECK(check_gradients([](Vars v) { return sum(v[0]); }, {zeros({0})}, options).ok);
    CHECK(check_gradients([](Vars v) { return v[0]; }, {zeros({0, 3})}, options).ok);
    CHECK(check_gradients([](Vars v) { return square(v[0]); }, {x, x, zeros({0})}, options).ok);
    CHECK(check_gradients([](Vars) { return Var(3); }, {x}, options).ok);
    const CheckReport none = check_gradients([](Vars) { return Var(3); }, {}, options);
    CHECK(none.ok);
    CHECK(none.entries == 0);
  }
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

TEST_CASE("a report converts, prints and asserts") {
  const auto good = [](Vars v) { return square(v[0]); };
  CHECK_GRADIENTS(good, {vector({1, 2})});
  CHECK_GRADIENTS(good, {vector({1, 2})}, {.order = 1, .fast = true});
  REQUIRE_GRADIENTS([](auto x) { return sum(x[0] * x[1]); }, {vector({1, 2}), scalar(3)});
  const CheckReport report = check_gradients(good, {vector({1, 2})});
  CHECK(report);
  std::ostringstream out;
  out << report;
  CHECK(out.str() == report.describe());
  CHECK(out.str().ends_with("6 derivatives compared."));
  CHECK(out.str().starts_with("right within "));
}

TEST_CASE("CHECK_GRADIENTS fails for a wrong gradient" * doctest::should_fail()) {
  CHECK_GRADIENTS([](Vars v) { return v[0] * Var(v[0].value()); }, {vector({1, 2})});
}

TEST_CASE("options") {
  const auto f = [](Vars v) {
    return record("planted", {v[0]}, xt::exp(v[0].value()),
                  [](auto& d, auto& g, auto, auto& y) { d.add(0, slightly_wrong * g * y); });
  };
  const Tensor x = vector({0, 1});
  CHECK(!check_gradients(f, {x}, {.order = 1, .rtol = 4.9e-4, .atol = 1e-8}).ok);
  CHECK(check_gradients(f, {x}, {.order = 1, .rtol = 5.1e-4, .atol = 1e-8}).ok);
  CHECK(check_gradients(f, {x}, {.order = 1, .rtol = 0, .atol = 2e-3}).ok);
  CHECK(!check_gradients(f, {x}, {.order = 1, .rtol = 0, .atol = 1e-3}).ok);
  CHECK_ERROR("[check] the order is at least 1, not 0.", check_gradients(f, {x}, {.order = 0}));
  CHECK_ERROR("[check] takes at least 1 projection, not 0.",
              check_gradients(f, {x}, {.fast = true, .projections = 0}));
  CHECK_ERROR("[check] takes a step above 0 and tolerances of 0 or more, got step 0, rtol 1e-06",
              check_gradients(f, {x}, {.step = 0}));
  CHECK_ERROR("got step 0.001, rtol -1", check_gradients(f, {x}, {.rtol = -1}));
  CHECK_ERROR("[check] got 2 names for 1 inputs.", check_gradients(f, {x}, {.names = {"a", "b"}}));
}

}  // namespace reel::inline REEL_PRECISION
