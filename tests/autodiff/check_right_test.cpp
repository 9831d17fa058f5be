// The gradient checker on right derivatives: it raises no alarm, for inputs and values of any size.
// Where rounding hides a derivative, the check says that it cannot judge.
#include <reel/autodiff/inspect/check.h>

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/nn/check.h>
#include <reel/nn/linear.h>
#include <reel/nn/losses.h>
#include <reel/nn/sequential.h>

#include "checked_functions.h"

namespace reel::inline REEL_PRECISION {
namespace {

/// What the check must say of a function: nothing but right, or right where it is not beyond
/// judgement. Large values, and small differences of large ones, hide derivatives.
enum class Judged { all, first_order, some };

struct Right {
  std::string kind, name;
  CheckedFunction f;
  std::vector<Tensor> inputs;
  Judged judged = Judged::all;
  bool many = false;  ///< too many inputs to check each
};

Tensor hilbert(std::size_t n) {
  Tensor t = uninitialized({n, n});
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) t(i, j) = Real(1) / static_cast<Real>(i + j + 1);
  return t;
}

const std::vector<double> magnitudes{1e-12, 1e-9, 1e-6, 1e-3, 1., 1e3, 1e6, 1e9};

void add_scales(std::vector<Right>& all) {
  for (const double size : magnitudes) {
    const auto s = static_cast<Real>(size);
    const auto add = [&](const char* name, Var (*f)(const Var&)) {
      all.push_back({"square, √, log, 1/x at inputs of 1e-12 … 1e9",
                     concat(name, " at ", size),
                     [f](Vars v) { return f(v[0]); },
                     {vector({s, 2 * s})}});
    };
    add("square", square);
    add("sqrt", sqrt);
    add("log", log);
    add("reciprocal", reciprocal);
  }
  for (const double size : magnitudes) {
    const auto s = static_cast<Real>(size);
    const std::string kind = "2x and x² of such an input beside one of 1";
    all.push_back(
        {kind, concat("2x at ", size), [](Vars v) { return v[0] * Real(2); }, {vector({s, 1})}});
    all.push_back({kind,
                   concat("square at ", size),
                   [](Vars v) { return square(v[0]); },
                   {vector({s, 1})},
                   size < 1e6 ? Judged::all : Judged::first_order});
  }
}

void add_losses(std::vector<Right>& all) {
  const std::string kind = "regression losses, targets of 1, 1e4 and 2e5";
  for (const double target : {1., 1e4, 2e5}) {
    const auto add = [&](const char* name, CheckedFunction f) {
      all.push_back({kind,
                     concat(name, ", targets near ", target),
                     std::move(f),
                     {ramp({40}, 0.1, 0.05)},
                     target > 1 ? Judged::some : Judged::all});
    };
    add("squared error", [target](Vars v) { return squared_error(v[0], ramp({40}, target, 1)); });
    add("absolute error",
        [target](Vars v) { return absolute_error(v[0], ramp({40}, target, 1.01)); });
    add("huber", [target](Vars v) { return huber(v[0], ramp({40}, target, 1.01), 3); });
  }
  const auto logits = matrix({{12, -20, 3}, {0.5, 0.25, 40}, {-30, 1, 2}});
  all.push_back({"classification losses, logits to ±40",
                 "softmax cross entropy",
                 [](Vars v) {
                   return nn::cross_entropy(v[0], std::vector<Label>{0, 2, 1});
                 },
                 {logits}});
  all.push_back(
      {"classification losses, logits to ±40",
       "binary cross entropy",
       [](Vars v) {
         return binary_cross_entropy(v[0], matrix({{1, 0, 1}, {0, 0.5, 1}, {0, 1, 0.25}}));
       },
       {logits}});
}

void add_algebra(std::vector<Right>& all) {
  const auto add = [&](const char* name, CheckedFunction f, std::vector<Tensor> inputs) {
    all.push_back({"near-singular algebra: Hilbert matrices of order 4 and 6", name, std::move(f),
                   std::move(inputs), Judged::some});
  };
  add("inverse of order 4", [](Vars v) { return inverse(v[0]); }, {hilbert(4)});
  add("inverse of order 6", [](Vars v) { return inverse(v[0]); }, {hilbert(6)});
  add("log-determinant", [](Vars v) { return log_determinant(v[0]); }, {hilbert(6)});
  add("determinant", [](Vars v) { return determinant(v[0]); }, {hilbert(4)});
  add("solve", [](Vars v) { return solve(v[0], v[1]); }, {hilbert(4), ramp({4}, 1, 0.5)});
  add("cholesky", [](Vars v) { return cholesky(Real(0.5) * (v[0] + transpose(v[0]))); },
      {hilbert(4)});
}

void add_kinks(std::vector<Right>& all) {
  const Tensor x = vector({-0.7, 0.2, 1.1});
  const auto add = [&](const char* name, CheckedFunction f, std::vector<Tensor> inputs) {
    all.push_back(
        {"kinks: at the kink, 1e-4 and 1e-7 beside it", name, std::move(f), std::move(inputs)});
  };
  add("relu", [](Vars v) { return relu(v[0]); }, {vector({0, 1e-4, -1e-7, 1})});
  add("abs", [](Vars v) { return abs(v[0]); }, {vector({0, 1e-4, -1e-7})});
  add("leaky relu", [](Vars v) { return leaky_relu(v[0]); }, {vector({0, -1e-4, 1e-5})});
  add("elu", [](Vars v) { return elu(v[0], Real(0.7)); }, {vector({0, -1e-4, 1e-7})});
  add("hard tanh", [](Vars v) { return hard_tanh(v[0]); }, {vector({-1, 1 + 1e-4, 1 - 1e-7})});
  add("clip", [](Vars v) { return clip(v[0], -2, 3); }, {vector({-2, 3, 3 - 1e-4})});
  add("maximum at a tie", [](Vars v) { return maximum(v[0], v[1]); }, {x, x});
  add("max of equal ones", [](Vars v) { return max(v[0]); }, {vector({2, 1, 2})});
  add("absolute error 0", [](Vars v) { return absolute_error(v[0], v[1]); }, {x, x});
}

void add_sizes_of_values(std::vector<Right>& all) {
  const Tensor x = vector({-0.7, 0.2, 1.1});
  const auto constant = [&](const char* name, CheckedFunction f) {
    all.push_back({"constants", name, std::move(f), {x}});
  };
  constant("0·x + 1e6", [](Vars v) { return v[0] * Real(0) + Real(1e6); });
  constant("a constant alone", [](Vars) { return Var(vector({3, 1e9})); });
  constant("a floor", [](Vars v) { return floor(v[0]); });
  const auto small = [&](const char* name, CheckedFunction f) {
    all.push_back({"values of 1e-9 and 1e-100", name, std::move(f), {x}});
  };
  small("sin · 1e-9", [](Vars v) { return sin(v[0]) * Real(1e-9); });
  small("tanh · 1e-100", [](Vars v) { return tanh(v[0]) * Real(1e-100); });
  const auto hidden = [&](const char* name, CheckedFunction f, std::vector<Tensor> inputs) {
    all.push_back({"Σ exp(20x); offsets of 1e8 and 1e15; products of 1e8 and 1e-8", name,
                   std::move(f), std::move(inputs), Judged::some});
  };
  hidden("Σ exp(20x)", [](Vars v) { return sum(exp(v[0] * Real(20))); }, {x});
  hidden("sin + 1e8", [](Vars v) { return sin(v[0]) + Real(1e8); }, {x});
  hidden("sin + 1e15", [](Vars v) { return sin(v[0]) + Real(1e15); }, {x});
  hidden("a product of sizes", [](Vars v) { return v[0] * v[1]; },
         {vector({1e-8, 1e8}), vector({1e8, 1e-8})});
}

void add_many_inputs(std::vector<Right>& all) {
  const auto add = [&](const char* name, CheckedFunction f, std::vector<Tensor> inputs) {
    all.push_back({"100,000 inputs, in fast mode", name, std::move(f), std::move(inputs),
                   Judged::some, true});
  };
  constexpr std::size_t n = 100'000;
  add("Σ exp", [](Vars v) { return sum(exp(v[0])); }, {ramp({n}, -1, 2e-5)});
  add("mean of squares", [](Vars v) { return mean(square(v[0])); }, {ramp({n}, -1, 2e-5)});
  add("relu away from its kink", [](Vars v) { return sum(relu(v[0]) + relu(-v[0])); },
      {ramp({n}, 0.5, 2e-5)});
  add("squared error of a linear map",
      [](Vars v) { return squared_error(matmul(v[0], v[1]), ramp({100}, 1, 1)); },
      {ramp({100, 1000}, -1, 2e-5), ramp({1000}, -0.5, 1e-3)});
}

std::vector<Right> right_functions() {
  std::vector<Right> all;
  add_scales(all);
  add_losses(all);
  add_algebra(all);
  add_kinks(all);
  add_sizes_of_values(all);
  add_many_inputs(all);
  return all;
}

// Inputs as the parameters of a model.
class Inputs : public nn::Module {
 public:
  explicit Inputs(const std::vector<Tensor>& inputs) {
    for (const Tensor& input : inputs) parameters_.emplace_back(input);
  }
  Var forward(const Var& x) const override { return x; }
  void visit(nn::Visitor& v) override {
    for (std::size_t i = 0; i < parameters_.size(); ++i) v(std::to_string(i), parameters_[i]);
  }
  std::vector<Var> vars() const { return {parameters_.begin(), parameters_.end()}; }

 private:
  std::vector<Parameter> parameters_;
};

// Right, or said to be beyond judgement where that is expected.
void check_right(const std::string& how, const CheckReport& report, bool judged) {
  CAPTURE(how);
  CAPTURE(report);
  if (judged) {
    CHECK(report.ok);
    CHECK(report.unjudged == 0);
  } else {
    CHECK((report.ok || report.problem.starts_with("cannot be judged")));
  }
}

}  // namespace

TEST_CASE("checker: right derivatives raise no alarm, and the document lists them") {
  const std::vector<Right> all = right_functions();
  KindTable table;
  for (const Right& r : all) {
    CAPTURE(r.name);
    table.add(r.kind, {0});
    for (const int order : {1, 2}) {
      const bool judged = r.judged == Judged::all || (order == 1 && r.judged != Judged::some);
      if (!r.many) check_right("each", check_gradients(r.f, r.inputs, {.order = order}), judged);
      check_right("fast", check_gradients(r.f, r.inputs, {.order = order, .fast = true}), false);
      Inputs model(r.inputs);
      const auto loss = [&](const Inputs& m) { return sum(r.f(m.vars())); };
      check_right("parameters", nn::check_parameters(model, loss, {.order = order, .fast = r.many}),
                  false);
    }
  }
  CHECK(all.size() >= 60);
  const std::string expected =
      concat("| right derivatives | number | alarms |\n|---|---|---|\n", table.markdown(), "\n");
  CAPTURE(expected);
  CHECK(text_of_document("docs/accuracy.md").find(expected) != std::string::npos);
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

}  // namespace reel::inline REEL_PRECISION
