// Line searches: their conditions on hard functions, walls, kinks, and errors.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/selection.h>
#include <reel/autodiff/ops/trigonometric.h>
#include <reel/optim/minimize/line_search.h>

#include "../../../apps/reel_descent/objectives.h"
#include "../../near.h"
#include "../../throws.h"

namespace reel::inline REEL_PRECISION {
namespace optim {

using namespace objectives;
namespace {

static_assert(sizeof(Real) == 8, "the tolerances are for double");

struct Case {
  std::string name;
  Objective f;
};

// The test functions 1 to 5 of Moré and Thuente, ACM TOMS 20, 1994, with one variable.
std::vector<Case> hard() {
  const auto edge = [](double first, double second) -> Objective {
    const auto gamma = [](double beta) { return std::sqrt(1 + beta * beta) - beta; };
    const double a = gamma(first), b = gamma(second);
    return [=](const Var& t) {
      return a * sqrt(square(1 - t) + second * second) + b * sqrt(square(t) + first * first);
    };
  };
  return {{"1", [](const Var& t) { return -t / (square(t) + 2); }},
          {"2", [](const Var& t) { return pow(t + 0.004, 5) - 2 * pow(t + 0.004, 4); }},
          {"3",
           [](const Var& t) {
             const double k = 39 * std::numbers::pi / 2, beta = 0.01;
             const double at = t.item();
             const Var base = at <= 1 - beta   ? 1 - t
                              : at >= 1 + beta ? t - 1
                                               : square(t - 1) / (2 * beta) + beta / 2;
             return base + (1 - beta) / k * sin(k * t);
           }},
          {"4", edge(0.001, 0.001)},
          {"5", edge(0.01, 0.001)}};
}

double value(const Objective& f, double t) { return f(Var(Real(t))).item(); }
double slope(const Objective& f, double t) {
  Problem problem(f);
  return problem.at(scalar(Real(t))).gradient();
}

TEST_CASE(
    "strong Wolfe: both conditions hold on Moré and Thuente's functions, from any first length") {
  for (const Case& one : hard())
    for (const double first : {1e-3, 1e-1, 1e1, 1e3})
      for (const double curvature : {0.9, 0.1}) {
        const Objective& f = one.f;
        CAPTURE(one.name);
        CAPTURE(first);
        CAPTURE(curvature);
        Problem problem(f);
        const Point from = problem.at(scalar(0));
        const auto step = line_search(problem, from, scalar(1),
                                      {.first = first, .decrease = 1e-4, .curvature = curvature});
        REQUIRE(step);
        const double initial = from.gradient();
        CHECK(value(f, step->length) <= from.value + 1e-4 * step->length * initial);
        CHECK(std::abs(slope(f, step->length)) <= curvature * std::abs(initial));
        CHECK(step->to.theta() == step->length);
        CHECK(step->to.value == value(f, step->length));
        CHECK(problem.evaluations().values <= 30);
      }
}

TEST_CASE("exact: the minimum along the line, to rounding") {
  const Objective f = [](const Var& t) { return pow(t - 3, 4) + square(t - 3) + exp(-t); };
  for (const double first : {1e-4, 1.0, 500.0}) {
    CAPTURE(first);
    Problem problem(f);
    const auto step = line_search(problem, problem.at(scalar(0)), scalar(2),
                                  {.kind = LineSearch::exact, .first = first});
    REQUIRE(step);
    CHECK(std::abs(slope(f, 2 * step->length)) <= 1e-12);
  }
  // on a quadratic: the first length, a length beyond the minimum, and the minimum
  Problem bowl([](const Var& t) { return square(t - 5); });
  const Point from = bowl.at(scalar(0));
  const auto step = line_search(bowl, from, scalar(1), {.kind = LineSearch::exact});
  REQUIRE(step);
  CHECK(near(step->length, 5, 1e-15));
  CHECK(bowl.evaluations().values == 1 + 3);
}

TEST_CASE("backtracking: halves until the value falls enough, and asks for one gradient") {
  Problem problem([](const Var& t) { return square(t); });
  const Point from = problem.at(scalar(1));
  const auto step =
      line_search(problem, from, -from.gradient, {.kind = LineSearch::backtracking, .first = 6});
  REQUIRE(step);
  CHECK(step->length == 0.75);  // after 6, 3 and 1.5, where the value rises
  CHECK(step->to.value == 0.25);
  CHECK(problem.evaluations().values == 1 + 4);
  CHECK(problem.evaluations().gradients == 1 + 1);
}

TEST_CASE("none: the first length, whatever comes of it") {
  Problem problem([](const Var& t) { return square(t); });
  const Point from = problem.at(scalar(1));
  const auto up =
      line_search(problem, from, -from.gradient, {.kind = LineSearch::none, .first = 9});
  REQUIRE(up);
  CHECK(up->length == 9);
  CHECK(up->to.value == 17 * 17);
  CHECK(line_search(problem, from, from.gradient, {.kind = LineSearch::none}));  // uphill
}

TEST_CASE("what lies beyond a wall of NaN or infinity is too far") {
  const Objective walls[] = {
      [](const Var& t) { return t - 3 * log(2 - t) - 9 * t; },  // infinite at 2, NaN beyond 2
      [](const Var& t) { return exp(exp(3 * t)) - 40 * t; },    // overflows
      [](const Var& t) { return t.item() > 0.7 ? t / 0 : square(t - 1); }};
  for (const Objective& f : walls)
    for (const LineSearch kind :
         {LineSearch::backtracking, LineSearch::strong_wolfe, LineSearch::exact}) {
      Problem problem(f);
      const Point from = problem.at(scalar(0));
      const auto step = line_search(problem, from, scalar(1), {.kind = kind, .first = 64});
      REQUIRE(step);
      CHECK(std::isfinite(step->to.value));
      CHECK(step->to.value < from.value);
    }
}

TEST_CASE("no step: uphill, flat, at a minimum, without end, out of evaluations") {
  for (const LineSearch kind :
       {LineSearch::backtracking, LineSearch::strong_wolfe, LineSearch::exact}) {
    CAPTURE(static_cast<int>(kind));
    Problem bowl([](const Var& t) { return square(t); });
    const Point from = bowl.at(scalar(1)), lowest = bowl.at(scalar(0));
    CHECK(!line_search(bowl, from, scalar(1), {.kind = kind}));
    CHECK(!line_search(bowl, from, scalar(0), {.kind = kind}));
    CHECK(!line_search(bowl, lowest, scalar(1), {.kind = kind}));
    CHECK(!line_search(bowl, from, scalar(std::nan("")), {.kind = kind}));
    // its only trial has a larger value
    CHECK(!line_search(bowl, from, scalar(-1), {.kind = kind, .first = 50, .evaluations = 1}));
    // no lower bound: goes as far as allowed, or finds nothing
    Problem slope([](const Var& t) { return -t; });
    const auto far = line_search(slope, slope.at(scalar(0)), scalar(1),
                                 {.kind = kind, .longest = 100, .evaluations = 40});
    if (far) CHECK(far->length <= 100);
  }
  // a wrong gradient: the value rises in both directions
  Problem crease([](const Var& t) { return abs(t) - 3 * (t - stop_gradient(t)); });
  CHECK(!line_search(crease, crease.at(scalar(0)), scalar(1), {.evaluations = 60}));
}

TEST_CASE("options and shapes that cannot be") {
  Problem problem(sphere);
  const Point from = problem.at(vector({1, 2}));
  const Tensor down = vector({-1, -2});
  const auto refuses = [&](const char* text, const LineSearchOptions& options) {
    CHECK_ERROR(text, line_search(problem, from, down, options));
  };
  const double nan = std::nan("");
  for (const double wrong : {0., -1., nan, HUGE_VAL}) {
    refuses("first length", {.first = wrong});
    refuses("longest length", {.longest = wrong});
  }
  refuses("decrease", {.decrease = 0});
  refuses("decrease", {.decrease = 0.5, .curvature = 0.1});
  refuses("curvature", {.curvature = 1});
  refuses("decrease", {.decrease = nan});
  refuses("at least one evaluation", {.evaluations = 0});
  CHECK_ERROR("(3)", line_search(problem, from, vector({1, 2, 3}), {}));
  CHECK_ERROR("gradient", line_search(problem, {vector({1, 2}), 5}, down, {}));
}

TEST_CASE("expected_length: a parabola's, or 1") {
  CHECK(near(expected_length(2, -4), 1.01, 1e-15));
  CHECK(expected_length(0, -1) == 1);
  CHECK(expected_length(1, 0) == 1);
  CHECK(expected_length(-1, -1) == 1);
  CHECK(expected_length(std::nan(""), -1) == 1);
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
