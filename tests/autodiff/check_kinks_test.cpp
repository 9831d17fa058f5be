// The gradient checker at kinks and beside them, near poles and at the end of a domain.
#include <reel/autodiff/inspect/check.h>

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/autodiff/ops/piecewise.h>

#include "../throws.h"
#include "checked_functions.h"

namespace reel::inline REEL_PRECISION {

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

}  // namespace reel::inline REEL_PRECISION
