// The gradient checker far from 1: right derivatives raise no alarm, wrong ones do, for inputs and
// values of any size. Where rounding hides a derivative, the check says that it cannot judge.
#include <reel/autodiff/inspect/check.h>

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/nn/check.h>
#include <reel/nn/linear.h>
#include <reel/nn/losses.h>
#include <reel/nn/sequential.h>

namespace reel::inline REEL_PRECISION {
namespace {

using Vars = std::span<const Var>;

struct Right {
  std::string name;
  CheckedFunction f;
  std::vector<Tensor> inputs;
  int order = 2;
  bool judged = true;  // false: rounding hides some derivatives, or all
};

Tensor hilbert(std::size_t n) {
  Tensor t = uninitialized({n, n});
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) t(i, j) = Real(1) / static_cast<Real>(i + j + 1);
  return t;
}

Tensor ramp(const Shape& shape, double first, double step) {
  Tensor t = uninitialized(shape);
  for (std::size_t i = 0; i < t.size(); ++i)
    t.data()[i] = static_cast<Real>(first + step * static_cast<double>(i));
  return t;
}

std::vector<Right> right_functions() {
  std::vector<Right> all;
  for (const double size : {1e-12, 1e-9, 1e-6, 1e-3, 1., 1e3, 1e6, 1e9}) {
    const auto s = static_cast<Real>(size);
    const Tensor x = vector({s, 2 * s});
    const auto add = [&](const char* name, Var (*f)(const Var&)) {
      all.push_back({concat(name, " at ", size), [f](Vars v) { return f(v[0]); }, {x}});
    };
    add("square", square);
    add("sqrt", sqrt);
    add("log", log);
    add("reciprocal", reciprocal);
    all.push_back(
        {concat("2x beside 1 at ", size), [](Vars v) { return v[0] * Real(2); }, {vector({s, 1})}});
    all.push_back({concat("square beside 1 at ", size),
                   [](Vars v) { return square(v[0]); },
                   {vector({s, 1})},
                   2,
                   size < 1e6});
  }
  const Tensor zero = zeros({3}), x = vector({-0.7, 0.2, 1.1});
  const auto add = [&](const char* name, CheckedFunction f, std::vector<Tensor> inputs,
                       bool judged = true) {
    all.push_back({name, std::move(f), std::move(inputs), 2, judged});
  };
  for (const double target : {1e4, 2e5})
    all.push_back({concat("squared error, targets near ", target),
                   [target](Vars v) { return squared_error(v[0], ramp({40}, target, 1)); },
                   {ramp({40}, 0.1, 0.05)},
                   2,
                   false});
  add(
      "Σ exp(20x)", [](Vars v) { return sum(exp(v[0] * Real(20))); }, {x}, false);
  add(
      "inverse of a Hilbert matrix", [](Vars v) { return inverse(v[0]); }, {hilbert(6)}, false);
  add(
      "log-determinant of one", [](Vars v) { return log_determinant(v[0]); }, {hilbert(6)}, false);
  add(
      "a constant", [](Vars v) { return v[0] * Real(0) + Real(1e6); }, {vector({3})}, true);
  add("relu at 0", [](Vars v) { return relu(v[0]); }, {zero});
  add("abs at 0 and beside it", [](Vars v) { return abs(v[0]); }, {vector({0, 1e-4, -1e-7})});
  add("leaky relu beside 0", [](Vars v) { return leaky_relu(v[0]); }, {vector({-1e-4, 1e-5})});
  add("maximum at a tie", [](Vars v) { return maximum(v[0], v[1]); }, {x, x});
  add("small values", [](Vars v) { return sin(v[0]) * Real(1e-9); }, {x});
  add("tiny values", [](Vars v) { return tanh(v[0]) * Real(1e-100); }, {x});
  add(
      "a large offset", [](Vars v) { return sin(v[0]) + Real(1e8); }, {x}, false);
  add(
      "a hidden function", [](Vars v) { return sin(v[0]) + Real(1e15); }, {x}, false);
  add(
      "a product of sizes", [](Vars v) { return v[0] * v[1]; },
      {vector({1e-8, 1e8}), vector({1e8, 1e-8})}, false);
  return all;
}

// Right, or said to be beyond judgement where that is expected.
void check_right(const std::string& name, const CheckReport& report, bool judged) {
  CAPTURE(name);
  CAPTURE(report);
  if (judged) {
    CHECK(report.ok);
    CHECK(report.unjudged == 0);
  } else {
    CHECK((report.ok || report.problem.starts_with("cannot be judged")));
  }
}

}  // namespace

TEST_CASE("checker: right derivatives of any size raise no alarm") {
  const std::vector<Right> all = right_functions();
  CHECK(all.size() >= 60);
  for (const Right& r : all)
    check_right(r.name, check_gradients(r.f, r.inputs, {.order = r.order}), r.judged);
  for (const Right& r : all)
    check_right(r.name + ", fast", check_gradients(r.f, r.inputs, {.fast = true}), false);
}

TEST_CASE("checker: regression on large targets, by the parameters of a model") {
  for (const Real target : {Real(1), Real(1e4), Real(2e5)})
    for (const bool fast : {false, true}) {
      nn::Sequential model(nn::Linear(2, 3), nn::tanh, nn::Linear(3, 1));
      Rng rng(1);
      nn::init(model, rng);
      const Tensor x = ramp({8, 2}, -1, 0.13), y = ramp({8, 1}, target, 1);
      const CheckReport report =
          nn::check_parameters(model, [&] { return mean(square(model(x) - y)); }, {.fast = fast});
      check_right(concat("targets near ", target), report, false);
    }
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

TEST_CASE("checker: in fast mode many kinks cost no more than a few, and hide no wrong entry") {
  constexpr std::size_t n = 100'000;
  Tensor x = ramp({n}, 0.3, 1e-5);
  for (std::size_t i = 0; i < n; i += 100) x.data()[i] = 0;
  for (const Real factor : {Real(1), Real(1.5)}) {
    std::size_t calls = 0;
    Tensor slope = full({n}, 1);
    slope(55'555) = factor;
    const auto f = [&](Vars v) {
      ++calls;
      const Var planted = record("planted", {v[0]}, xt::exp(v[0].value()),
                                 [c = SharedTensor(slope)](auto& d, auto& g, auto, auto& y) {
                                   d.add(0, g * y * d.constant(c));
                                 });
      return sum(relu(v[0]) + planted);
    };
    const CheckReport report = check_gradients(f, {x}, {.order = 1, .fast = true});
    CAPTURE(report);
    CAPTURE(calls);
    CHECK(report.ok == (factor == 1));
    CHECK(calls < 2000);
    if (!report.ok) {
      CHECK(report.element == 55'555);
      CHECK(report.operation == "planted");
    } else {
      CHECK(report.kinks == 3);  // one in each projection
    }
  }
}

TEST_CASE("checker: wrong derivatives of any size are found") {
  struct Planted {
    const char* name;
    Tensor (*value)(const Tensor&);
    Tensor (*derivative)(const Tensor&);
  };
  const std::vector<Planted> functions{
      {"square", [](const Tensor& x) -> Tensor { return x * x; },
       [](const Tensor& x) -> Tensor { return Real(2) * x; }},
      {"sqrt", [](const Tensor& x) -> Tensor { return xt::sqrt(x); },
       [](const Tensor& x) -> Tensor { return Real(0.5) / xt::sqrt(x); }},
      {"log", [](const Tensor& x) -> Tensor { return xt::log(x); },
       [](const Tensor& x) -> Tensor { return Real(1) / x; }},
      {"small sine", [](const Tensor& x) -> Tensor { return Real(1e-9) * xt::sin(x); },
       [](const Tensor& x) -> Tensor { return Real(1e-9) * xt::cos(x); }}};
  std::size_t planted = 0;
  for (const Planted& p : functions)
    for (const double size : {1e-9, 1e-3, 1., 1e3, 1e6})
      for (const Real factor : {Real(1.0005), Real(1.001), Real(-1)}) {
        if (std::string(p.name) == "small sine" && size > 1) continue;
        ++planted;
        const auto f = [&](Vars v) {
          const SharedTensor slope(p.derivative(v[0].value()));
          return record(
              "planted", {v[0]}, p.value(v[0].value()),
              [=](auto& d, auto& g, auto, auto&) { d.add(0, factor * g * d.constant(slope)); });
        };
        const std::string function = p.name;
        CAPTURE(function);
        CAPTURE(size);
        CAPTURE(factor);
        const auto s = static_cast<Real>(size);
        const CheckReport report = check_gradients(f, {vector({s, 2 * s})}, {.order = 1});
        CAPTURE(report);
        CHECK_FALSE(report.ok);
        CHECK(report.operation == "planted");
      }
  CHECK(planted >= 40);
}

}  // namespace reel::inline REEL_PRECISION
