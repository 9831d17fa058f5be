// L-BFGS as an optimiser: PyTorch's steps (golden/lbfgs.json), stopping, resuming, wrong use.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <numbers>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/autodiff/ops/trigonometric.h>
#include <reel/optim/lbfgs.h>
#include <reel/optim/lbfgs_search.h>

#include "../near.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

using Json = nlohmann::json;

static_assert(sizeof(Real) == 8, "the numbers are PyTorch's in double");

Json golden_runs() {
  std::ifstream file(REEL_SOURCE_DIR "/tests/golden/lbfgs.json");
  REQUIRE_MESSAGE(file.good(), "tests/golden/lbfgs.json cannot be read");
  return Json::parse(file);
}

// ---- the functions of golden/lbfgs.py

using Function = std::function<Var(const Var& w, const Var& v, double step)>;

const std::map<std::string, Function>& functions() {
  static const std::map<std::string, Function> all{
      {"valley", [](const Var& w, const Var& v,
                    double) { return sum(3 * square(v - square(w)) + square(1 - w)) + 1; }},
      {"bowl",
       [](const Var& w, const Var& v, double) {
         const Var c = matrix({{1, 30}, {4, 0.5}, {10, 2}});
         return sum(c * square(w - v)) / 2 + sum(square(v - 2)) + square(sum(w)) / 10 + 3;
       }},
      {"batches",
       [](const Var& w, const Var& v, double step) {
         return sum(square(w - v) + square(w - 1.5 + 0.25 * step) +
                    square(v + 1 + 0.5 * step * step)) +
                1;
       }},
      {"craters",
       [](const Var& w, const Var& v, double) {
         return sum(log1p(4 * square(w - v)) + square(w - 1) / 10 + square(v) / 20) + 1;
       }},
      {"waves", [](const Var& w, const Var& v,
                   double) { return sum(cos(5 * (w - v)) + square(w + v - 1)) + 10; }},
      {"walls", [](const Var& w, const Var& v,
                   double) { return sum(exp(3 * (w + v)) - w - v + square(v) / 50); }},
      {"creases",
       [](const Var& w, const Var& v, double) {
         return sum(3 * abs(w - v) + abs(v - 0.3) + square(w - 1) / 2) + 1;
       }},
      {"slide", [](const Var& w, const Var& v, double) {
         return -sum(pow(1 + square(w), 0.75)) - sum(pow(1 + square(v), 0.75));
       }}};
  return all;
}

struct Problem {
  Parameter w, v;
  Function f;
  double step = 0;

  double operator()() {
    Tape tape;
    const Var loss = f(w - 4, v - 4, step);
    tape.backward(loss);
    return static_cast<double>(loss.item());
  }
};

Problem problem(const std::string& function, const Json& file) {
  const auto parameter = [&](std::size_t i) {
    return Parameter(
        from_values(file["shapes"][i].get<Shape>(), file["start"][i].get<std::vector<Real>>()));
  };
  return {parameter(0), parameter(1), functions().at(function)};
}

LbfgsOptions options_of(const Json& json) {
  LbfgsOptions o;
  std::size_t known = 0;
  const auto read = [&](const char* name, auto& option) {
    if (!json.contains(name)) return;
    json.at(name).get_to(option);
    ++known;
  };
  read("lr", o.lr);
  read("iterations", o.iterations);
  read("evaluations", o.evaluations);
  read("gradient_tolerance", o.gradient_tolerance);
  read("change_tolerance", o.change_tolerance);
  read("history", o.history);
  read("strong_wolfe", o.strong_wolfe);
  REQUIRE(known == json.size());
  return o;
}

TEST_CASE("lbfgs: the steps of each case are PyTorch's") {
  const Json file = golden_runs();
  CHECK(file["cases"].size() >= 30);
  for (const Json& golden_case : file["cases"]) {
    CAPTURE(golden_case["name"].get<std::string>());
    Problem p = problem(golden_case["function"], file);
    Lbfgs lbfgs({p.w, p.v}, options_of(golden_case["options"]));
    for (std::size_t step = 0; step < golden_case["steps"].size(); ++step) {
      CAPTURE(step);
      p.step = static_cast<double>(step);
      const double loss = lbfgs.step([&] { return p(); });
      CHECK(near(loss, golden_case["losses"][step].get<double>(), 1e-12));
      CHECK(lbfgs.evaluations() == golden_case["evaluations"][step].get<std::size_t>());
      std::size_t i = 0;
      for (const Parameter& parameter : {p.w, p.v}) {
        const auto& values = golden_case["steps"][step][i++];
        CHECK(near(parameter.value(),
                   from_values(parameter.shape(), values.get<std::vector<Real>>()), 1e-12));
        CHECK(!parameter.gradient());
      }
    }
  }
}

// ---- the line search by itself

// Value and slope at t; the first four are from Moré and Thuente, ACM TOMS 20, 1994.
using Curve = std::function<std::pair<double, double>(double t)>;

const std::map<std::string, Curve>& curves() {
  using std::abs, std::exp, std::pow, std::sqrt;
  static const std::map<std::string, Curve> all{
      {"well",
       [](double t) {
         return std::pair(-t / (t * t + 2), (t * t - 2) / ((t * t + 2) * (t * t + 2)));
       }},
      {"hook",
       [](double t) {
         const double u = t + 0.004;
         return std::pair(pow(u, 5) - 2 * pow(u, 4), 5 * pow(u, 4) - 8 * pow(u, 3));
       }},
      {"ripples",
       [](double t) {
         const double k = 39 * std::numbers::pi / 2, beta = 0.01, share = (1 - beta) / k;
         const bool far = abs(1 - t) > beta;
         const double lean = far ? abs(1 - t) : (1 - t) * (1 - t) / (2 * beta) + beta / 2;
         const double slope = far ? std::copysign(1, t - 1) : (t - 1) / beta;
         return std::pair(lean + share * std::sin(k * t), slope + share * k * std::cos(k * t));
       }},
      {"edge",
       [](double t) {
         const double a = sqrt(1 + 1e-4) - 0.01, b = sqrt(1 + 1e-6) - 0.001;
         const double p = sqrt((1 - t) * (1 - t) + 1e-6), q = sqrt(t * t + 1e-4);
         return std::pair(a * p + b * q, a * (t - 1) / p + b * t / q);
       }},
      {"crease", [](double t) { return t < 0.3 ? std::pair(-t, -1.) : std::pair(t - 0.6, 1.); }},
      {"cliff", [](double t) { return std::pair(exp(30 * t) - 40 * t, 30 * exp(30 * t) - 40); }},
      {"descent", [](double t) { return std::pair(-pow(1 + t, 1.5), -1.5 * pow(1 + t, 0.5)); }}};
  return all;
}

TEST_CASE("lbfgs: every trial of the line search is PyTorch's") {
  const Json searches = golden_runs()["searches"];
  CHECK(searches.size() >= 26);
  for (const Json& search : searches) {
    const std::string name = search["line"];
    const double size = search["size"];
    const auto expected = search["tried"].get<std::vector<double>>();
    CAPTURE(name);
    CAPTURE(expected[0]);
    const Curve& curve = curves().at(name);
    std::vector<double> tried;
    const auto at = [&](double t) -> LbfgsTrial {
      const auto [loss, slope] = curve(t);
      tried.push_back(t);
      return {t, loss, slope, {}};
    };
    const auto [loss, slope] = curve(0);
    const LbfgsTrial end = search_wolfe(at, {0, loss, slope, {}}, expected[0], size);
    REQUIRE(tried.size() == expected.size());
    for (std::size_t i = 0; i < tried.size(); ++i) CHECK(near(tried[i], expected[i], 1e-11));
    CHECK(near(end.t, search["t"].get<double>(), 1e-11));
    CHECK(near(end.loss, search["loss"].get<double>(), 1e-12));
  }
}

TEST_CASE("lbfgs: a search comes back from where losses and slopes are not finite") {
  for (const double beyond :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    const auto at = [&](double t) -> LbfgsTrial {
      if (t > 0.5) return {t, beyond, beyond, {}};
      return {t, (t - 0.3) * (t - 0.3), 2 * (t - 0.3), {}};
    };
    const LbfgsTrial end = search_wolfe(at, {0, 0.09, -0.6, {}}, 1, 1);
    CHECK(std::isfinite(end.loss));
    CHECK(end.t > 0);
    CHECK(end.loss <= 0.09 - 1e-4 * 0.6 * end.t);
  }
}

// ---- stopped and resumed

TEST_CASE("lbfgs: a state that is saved and set goes on in the same bits") {
  const Json file = golden_runs();
  for (const bool strong_wolfe : {false, true}) {
    const LbfgsOptions options{
        .lr = 0.5, .iterations = 3, .history = 4, .strong_wolfe = strong_wolfe};
    Problem p = problem("valley", file);
    Lbfgs first({p.w, p.v}, options);
    for (int i = 0; i < 3; ++i) first.step([&] { return p(); });
    first.set_lr(0.25);
    const State state = first.state();
    Problem q = p;
    q.w = Parameter(Tensor(p.w.value()));
    q.v = Parameter(Tensor(p.v.value()));
    Lbfgs second({q.w, q.v}, options);
    second.set_state(state);
    CHECK(second.lr() == 0.25);
    for (int i = 0; i < 3; ++i) {
      CHECK(first.step([&] { return p(); }) == second.step([&] { return q(); }));
      CHECK(p.w.value() == q.w.value());
      CHECK(p.v.value() == q.v.value());
    }
    CHECK(first.evaluations() == second.evaluations());
    CHECK(first.iterations() == second.iterations());

    // a state that does not fit changes nothing
    const State before = second.state();
    const auto refuses = [&](auto&& spoil, const char* text) {
      State wrong = state;
      spoil(wrong);
      CHECK_ERROR(text, second.set_state(wrong));
      CHECK(second.state().fields == before.fields);
      CHECK(second.state().tensors == before.tensors);
    };
    refuses([](State& s) { s.kind = "adam"; }, "adam");
    refuses([](State& s) { s.fields.erase("lr"); }, "lr");
    refuses([](State& s) { s.fields["shape 1"] = "(3)"; }, "(3)");
    refuses([](State& s) { s.fields["pairs"] = "5"; }, "history = 4");
    refuses([](State& s) { s.tensors.erase("y 0"); }, "y 0");
    refuses([](State& s) { s.tensors["gradient"] = zeros({2}); }, "gradient");
    refuses([](State& s) { s.tensors["y 0"] = -s.tensors["y 0"]; }, "s·y");
  }
}

// ---- trouble

TEST_CASE("lbfgs: what throws leaves the last place that was accepted") {
  const Json file = golden_runs();
  for (const bool strong_wolfe : {false, true}) {
    Problem p = problem("bowl", file);
    std::vector<std::pair<Tensor, Tensor>> places;
    int left = 7;
    Lbfgs lbfgs({p.w, p.v}, {.lr = 0.3, .strong_wolfe = strong_wolfe});
    CHECK_THROWS_WITH_AS(lbfgs.step([&] {
      if (left-- == 0) throw std::runtime_error("no more");
      places.emplace_back(p.w.value(), p.v.value());
      return p();
    }),
                         "no more", std::runtime_error);
    REQUIRE(places.size() == 7);
    bool found = false;
    for (const auto& [w, v] : places) found = found || (w == p.w.value() && v == p.v.value());
    CHECK(found);
    CHECK(p.w.value() != places[0].first);
    CHECK(!p.w.gradient());
    const double loss = p();
    CHECK(lbfgs.step([&] { return p(); }) == loss);
    CHECK(p() < loss);
  }
}

TEST_CASE("lbfgs: a loss that is not finite") {
  Parameter x(vector({1}));
  Lbfgs lbfgs({x}, {.lr = 5});
  const auto root = [&] {
    Tape tape;
    const Var loss = sum(sqrt(x - 0.5) + square(x));
    tape.backward(loss);
    return static_cast<double>(loss.item());
  };
  try {
    lbfgs.step(root);
    lbfgs.step(root);
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == Error::Kind::diverged);
    CHECK(std::string(error.what()).find("not finite") != std::string::npos);
  }
  CHECK(std::isfinite(x.value()(0)));
  CHECK_ERROR("the loss is not finite", Lbfgs({x}).step([&] {
    root();
    return std::nan("");
  }));
}

TEST_CASE("lbfgs: parameters and options that cannot be") {
  Parameter x(vector({1, 2})), y(scalar(3));
  CHECK_ERROR("no parameters", Lbfgs({}));
  CHECK_ERROR("twice", Lbfgs({x, y, x}));
  const double nan = std::nan("");
  for (const double wrong : {-1., nan, HUGE_VAL}) {
    CHECK_ERROR("lr", Lbfgs({x}, {.lr = wrong}));
    CHECK_ERROR("gradient_tolerance", Lbfgs({x}, {.gradient_tolerance = wrong}));
    CHECK_ERROR("change_tolerance", Lbfgs({x}, {.change_tolerance = wrong}));
  }
  CHECK_ERROR("iterations", Lbfgs({x}, {.iterations = 0}));
  CHECK_ERROR("history", Lbfgs({x}, {.history = 0}));
  Lbfgs lbfgs({x, y});
  CHECK_ERROR("no parameter has a gradient", lbfgs.step([] { return 1.; }));
  CHECK(x.value() == vector({1, 2}));
  CHECK_ERROR("empty function", lbfgs.step({}));
  // a parameter without a gradient does not move
  CHECK(lbfgs.step([&] {
    Tape tape;
    const Var loss = sum(square(x));
    tape.backward(loss);
    return static_cast<double>(loss.item());
  }) == 5);
  CHECK(y.value() == scalar(3));
  x.mutate() = zeros({3});
  CHECK_ERROR("(3)", lbfgs.step([] { return 1.; }));
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
