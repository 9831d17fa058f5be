// Line searches on the functions of Moré and Thuente's paper, evaluation by evaluation; and with
// walls, rounding and limits.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <string>
#include <vector>

#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/autodiff/ops/trigonometric.h>
#include <reel/optim/minimize/line_search.h>

#include "../../../apps/reel_descent/objectives.h"
#include "../../near.h"

namespace reel::inline REEL_PRECISION {
namespace optim {

using namespace objectives;
namespace {

static_assert(sizeof(Real) == 8, "the tolerances are for double");

const LineSearch all_searches[] = {LineSearch::backtracking, LineSearch::strong_wolfe,
                                   LineSearch::exact};
const Tensor origin = vector({0}), right = vector({1});

// Searches φ(α) = f(α) to the right of 0. Another problem evaluates the start.
std::optional<Step> search(const Objective& f, Problem& problem, const LineSearchOptions& options) {
  return line_search(problem, Problem(f).at(origin), right, options);
}

struct Value {
  double value, slope;
};

Value value_along(const Objective& f, const Tensor& from, const Tensor& direction, double length) {
  const Point at = Problem(f).at(from + static_cast<Real>(length) * direction);
  double slope = 0;
  for (std::size_t i = 0; i < direction.size(); ++i)
    slope += at.gradient.data()[i] * direction.data()[i];
  return {at.value, slope};
}

// ---- the functions of Moré and Thuente (ACM TOMS 20, 1994), section 5

Var concave(const Var& a) { return sum(-a / (square(a) + 2)); }  // minimum at √2

Var flat_then_steep(const Var& a) {  // minimum at 1.596
  const Var b = a + Real(0.004);
  return sum(square(square(b)) * (b - 2));
}

Var bumpy(const Var& a) {  // minimum near 1, many others
  const Real beta = Real(0.01), l = 39, half_pi = std::numbers::pi_v<Real> / 2;
  const Real at = a.value().data()[0];
  const Var base = at <= 1 - beta   ? 1 - a
                   : at >= 1 + beta ? a - 1
                                    : square(a - 1) / (2 * beta) + beta / 2;
  return sum(base + (1 - beta) / (l * half_pi) * sin(l * half_pi * a));
}

// From Yanai, Ozawa and Kaneko (Computing 27, 1981).
Objective two_slopes(Real b1, Real b2) {
  const auto gamma = [](Real b) { return std::sqrt(1 + b * b) - b; };
  return [=](const Var& a) {
    return sum(gamma(b1) * sqrt(square(1 - a) + b2 * b2) + gamma(b2) * sqrt(square(a) + b1 * b1));
  };
}

// The paper's tables I to VI: evaluations and lengths, from 1e-3, 1e-1, 1e1 and 1e3. Where μ = η
// there, η is slightly larger here.
struct Hard {
  std::string name;
  Objective f;
  double decrease, curvature;  // μ and η
  std::size_t evaluations[4];
  double lengths[4];
};
const double firsts[] = {1e-3, 1e-1, 1e1, 1e3};

const std::vector<Hard>& hard_functions() {
  static const std::vector<Hard> all{
      {"concave", concave, 1e-3, 0.1, {6, 3, 1, 4}, {1.4, 1.4, 10, 37}},
      {"flat, then steep", flat_then_steep, 0.1, 0.1001, {12, 8, 8, 11}, {1.6, 1.6, 1.6, 1.6}},
      {"bumpy", bumpy, 0.1, 0.1001, {12, 12, 10, 13}, {1, 1, 1, 1}},
      {"two slopes, both sharp",
       two_slopes(Real(0.001), Real(0.001)),
       1e-3,
       1.001e-3,
       {4, 1, 3, 4},
       {0.08, 0.1, 0.35, 0.83}},
      {"two slopes, one sharp at 1",
       two_slopes(Real(0.01), Real(0.001)),
       1e-3,
       1.001e-3,
       {6, 3, 7, 8},
       {0.075, 0.078, 0.073, 0.076}},
      {"two slopes, one sharp at 0",
       two_slopes(Real(0.001), Real(0.01)),
       1e-3,
       1.001e-3,
       {13, 11, 8, 11},
       {0.93, 0.93, 0.92, 0.92}}};
  return all;
}

TEST_CASE("strong_wolfe: as many evaluations on hard functions as in the paper, to where it got") {
  for (const Hard& hard : hard_functions()) {
    CAPTURE(hard.name);
    const Value start = value_along(hard.f, origin, right, 0);
    for (std::size_t i = 0; i < 4; ++i) {
      CAPTURE(firsts[i]);
      Problem problem(hard.f);
      const auto step =
          search(hard.f, problem,
                 {.first = firsts[i], .decrease = hard.decrease, .curvature = hard.curvature});
      REQUIRE(step);
      CHECK(problem.evaluations().values == hard.evaluations[i]);
      CHECK(problem.evaluations().gradients == hard.evaluations[i]);
      CHECK(near(step->length, hard.lengths[i], 0.065));  // the paper gives two digits
      const Value end = value_along(hard.f, origin, right, step->length);
      CHECK(end.value <= start.value + hard.decrease * step->length * start.slope);
      CHECK(std::abs(end.slope) <= hard.curvature * std::abs(start.slope));
    }
  }
}

TEST_CASE("strong_wolfe: both conditions hold, from the starts of the battery") {
  for (const TestFunction& function : test_functions())
    for (const double first : {1e-6, 1.0, 1e4})
      for (const double curvature : {0.9, 0.1, 1e-3}) {
        CAPTURE(function.name);
        CAPTURE(first);
        CAPTURE(curvature);
        Problem problem(function.f);
        const Point from = problem.at(function.start);
        const Tensor d = -from.gradient;
        const auto step = line_search(problem, from, d, {.first = first, .curvature = curvature});
        REQUIRE(step);
        const Value start = value_along(function.f, from.theta, d, 0);
        const Value end = value_along(function.f, from.theta, d, step->length);
        CHECK(end.value <= start.value + 1e-4 * step->length * start.slope);
        CHECK(std::abs(end.slope) <= curvature * std::abs(start.slope));
        CHECK(near(step->to.theta, from.theta + static_cast<Real>(step->length) * d, 1e-14, 1e-15));
        const Point there = Problem(function.f).at(step->to.theta);
        CHECK(step->to.value == there.value);
        CHECK(step->to.gradient == there.gradient);
      }
}

TEST_CASE("exact: to rounding, on what is smooth, sharp or bumpy, from any first length") {
  struct Known {
    Objective f;
    double length;
  };
  const auto tilted = [](const Var& a) { return sum(exp(a) + exp(-4 * a)); };
  for (const auto& [f, length] : {Known{concave, std::numbers::sqrt2},
                                  Known{flat_then_steep, 1.596}, Known{tilted, std::log(4.0) / 5}})
    for (const double first : {1e-3, 1e-1, 1.0, 1e1, 1e3}) {
      CAPTURE(first);
      Problem problem(f);
      const auto step = search(f, problem, {.kind = LineSearch::exact, .first = first});
      REQUIRE(step);
      CHECK(near(step->length, length, 5e-14));  // there the slope is at most 64 roundings of φ′(0)
      CHECK(problem.evaluations().values < 60);
    }
  for (const Hard& hard : hard_functions())
    for (const double first : firsts) {
      CAPTURE(hard.name);
      CAPTURE(first);
      Problem problem(hard.f);
      const auto step = search(hard.f, problem, {.kind = LineSearch::exact, .first = first});
      REQUIRE(step);
      const Value end = value_along(hard.f, origin, right, step->length);
      CHECK(end.value < value_along(hard.f, origin, right, 0).value);
      CHECK(std::abs(end.slope) <= 1e-11);
    }
}

TEST_CASE("exact: of a quadratic in several dimensions, along any direction") {
  // α = −g·d / d·Hd
  const Objective f = quadratic(1000, 6);
  Problem problem(f);
  const Tensor start = vector({3, -1, 4, 1, -5, 9});
  const Point from = problem.at(start);
  const Tensor h = problem.hessian(start);
  for (const Tensor& d : {Tensor(-from.gradient), vector({0, 0, 0, 0, 1, -1}),
                          Tensor(Real(1e-5) * (full({6}, 1) - start))}) {
    double slope = 0, curvature = 0;
    for (std::size_t i = 0; i < 6; ++i) {
      slope += from.gradient(i) * d(i);
      for (std::size_t j = 0; j < 6; ++j) curvature += d(i) * h(i, j) * d(j);
    }
    REQUIRE(slope < 0);
    const auto step = line_search(problem, from, d, {.kind = LineSearch::exact});
    REQUIRE(step);
    CHECK(near(step->length, -slope / curvature, 1e-13));
  }
}

TEST_CASE("every search: values and slopes that are not finite are too far") {
  // NaN beyond 1; infinite there; values but no slopes there
  const auto barrier = [](const Var& a) { return sum(-a - Real(0.01) * log(1 - a)); };
  const auto wall = [](const Var& a) {
    return sum(-a) + (a.value().data()[0] < 1 ? 0 : std::numeric_limits<Real>::infinity());
  };
  const auto slopeless = [](const Var& a) {
    return a.value().data()[0] < 1 ? sum(-a) : sum(-a + sqrt(0 * a));
  };
  for (const Objective& f : {Objective(barrier), Objective(wall), Objective(slopeless)})
    for (const LineSearch kind : all_searches)
      for (const double first : {1e-3, 0.7, 1.0, 1.5, 1e8}) {
        CAPTURE(static_cast<int>(kind));
        CAPTURE(first);
        Problem problem(f);
        const auto step = search(f, problem, {.kind = kind, .first = first});
        REQUIRE(step);
        CHECK(step->length < 1);
        CHECK(std::isfinite(step->to.value));
        CHECK(std::isfinite(step->to.gradient(0)));
        CHECK(step->to.value <= -1e-4 * step->length);
        // backtracking never lengthens a step; the others get close to the wall
        if (kind != LineSearch::backtracking) CHECK(step->length > 0.8);
        if (kind == LineSearch::exact) CHECK(step->to.value < -0.9);
      }
  Problem problem(barrier);
  const auto lowest = search(barrier, problem, {.kind = LineSearch::exact, .first = 100});
  REQUIRE(lowest);
  CHECK(near(lowest->length, 0.99, 1e-14));
}

TEST_CASE("every search: no longer than the longest, no more evaluations than allowed") {
  for (const LineSearch kind : all_searches) {
    CAPTURE(static_cast<int>(kind));
    const auto down = [](const Var& a) { return sum(-a); };
    for (const double first : {0.5, 8.0, 100.0}) {
      Problem problem(down);
      const auto step = search(down, problem, {.kind = kind, .first = first, .longest = 8});
      REQUIRE(step);
      CHECK(step->length == (kind == LineSearch::backtracking ? std::min(first, 8.0) : 8));
      CHECK(problem.evaluations().values <= 4);
    }
    for (const Hard& hard : hard_functions())
      for (const std::size_t most : {1U, 2U, 5U}) {
        Problem problem(hard.f);
        const auto step =
            search(hard.f, problem, {.kind = kind, .first = 1e-3, .evaluations = most});
        CHECK(problem.evaluations().values <= most);
        if (step) CHECK(step->to.value < Problem(hard.f).value(origin));
      }
    // its gradient is wrong: the value rises
    const auto liar = [](const Var& a) { return sum(2 * stop_gradient(a) - a); };
    Problem lies(liar);
    CHECK_FALSE(search(liar, lies, {.kind = kind}).has_value());
    CHECK(lies.evaluations().values <= 100);
    // θ is so large that no step changes it
    Problem far(sphere);
    CHECK_FALSE(line_search(far, far.at(vector({Real(1e20)})), vector({-1}),
                            {.kind = kind, .longest = 100}));
  }
}

TEST_CASE("every search: no evaluation along what does not lead down") {
  for (const LineSearch kind : all_searches) {
    CAPTURE(static_cast<int>(kind));
    Problem problem(sphere);
    const Point from = problem.at(vector({3, -4}));
    const Real infinite = std::numeric_limits<Real>::infinity();
    for (const Tensor& d : {vector({1, 0}), vector({0, 0}), vector({4, 3}),
                            vector({std::numeric_limits<Real>::quiet_NaN(), 1}),
                            vector({-infinite, 0}), vector({-infinite, infinite})})
      CHECK_FALSE(line_search(problem, from, d, {.kind = kind}).has_value());
    CHECK(problem.evaluations().values == 1);
  }
}

TEST_CASE("every search: where rounding hides the change of the value, the slopes decide") {
  // 1e8 + 1e-10·(α − 1)²: all these values are equal after rounding
  const auto f = [](const Var& a) { return sum(Real(1e-10) * square(a - 1)) + Real(1e8); };
  for (const LineSearch kind : all_searches) {
    CAPTURE(static_cast<int>(kind));
    Problem problem(f);
    const auto step = search(f, problem, {.kind = kind, .first = 1.5});
    REQUIRE(step);
    CHECK(step->to.value == 1e8);
    CHECK(step->length <= 1.5);
    CHECK(step->length > 0.05);
    if (kind == LineSearch::exact) CHECK(near(step->length, 1, 1e-12));
    // the value at 2 equals that at 0: too far by the slopes, but not by the values
    const auto shorter = search(f, problem, {.kind = kind, .first = 2});
    REQUIRE(shorter);
    CHECK(shorter->length < 2);
  }
}

TEST_CASE("every search: an objective that throws ends it, and leaves no tape") {
  for (const LineSearch kind : all_searches) {
    int calls = 0;
    const auto f = [&](const Var& a) {
      if (++calls == 4) throw 7;  // the first call is for the start
      return sum(exp(10 * square(a - 1)));
    };
    Problem problem(f);
    CHECK_THROWS_AS(search(f, problem, {.kind = kind, .first = 50}), int);
    CHECK(Tape::innermost() == nullptr);
  }
}

TEST_CASE("every search: parameters of any shape") {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{2, 3}})
    for (const LineSearch kind : all_searches) {
      Problem problem([](const Var& x) { return sum(square(x - 2)); });
      const Point from = problem.at(zeros(shape));
      const auto step = line_search(problem, from, -from.gradient, {.kind = kind, .first = 0.5});
      REQUIRE(step);
      CHECK(step->to.theta == full(shape, 2));
    }
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
