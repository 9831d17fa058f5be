// The gradient checker: what is not finite, not deterministic or not there, its options, and its
// report. Its tables of functions are in check_right_test.cpp and check_wrong_test.cpp.
#include <reel/autodiff/inspect/check_doctest.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <span>
#include <sstream>
#include <stdexcept>
#include <vector>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/ops.h>

#include "../throws.h"
#include "checked_functions.h"

namespace reel::inline REEL_PRECISION {

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

TEST_CASE("checker: what it cannot judge is counted, and all of it is no pass") {
  const auto hidden = [](Vars v) { return sin(v[0]) + Real(1e15); };
  const CheckReport none = check_gradients(hidden, {vector({0.5})}, {.order = 1});
  CHECK_FALSE(none.ok);
  CHECK(none.unjudged == 1);
  CHECK(none.describe().starts_with("cannot be judged: at order 1, the derivative by element 0"));
  const auto partly = [&](Vars v) { return concatenate({hidden(v), v[0]}); };
  const CheckReport some = check_gradients(partly, {vector({0.5})}, {.order = 1});
  CHECK(some.ok);
  CHECK(some.entries == 1);
  CHECK(some.unjudged == 1);
  CHECK(some.describe().find("1 cannot be judged: ") != std::string::npos);
}

}  // namespace reel::inline REEL_PRECISION
