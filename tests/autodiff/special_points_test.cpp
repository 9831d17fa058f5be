// Kinks, and the points at which a single operation needs care.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <utility>
#include <vector>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/ops.h>

#include "../near.h"
#include "../special_values.h"

namespace reel::inline REEL_PRECISION {
namespace {

TEST_CASE("cross-entropy of logits of ±1e4") {
  Tape tape;
  const Var logits = tape.variable(matrix({{1e4, -1e4, 0}, {-1e4, 1e4, 300}}));
  const Labels labels{1, 1};
  const Var loss = softmax_cross_entropy(logits, labels);
  CHECK(loss.item() == 1e4);
  CHECK(grad(loss, logits).value() == matrix({{0.5, -0.5, 0}, {0, 0, 0}}));
}

// ---- kinks

using Function = std::function<Var(const Var&)>;

// Long enough that both the vectorised loops and the scalar loops at their ends see the value.
constexpr std::size_t long_enough = 40;

// f(x) and f'(x) for many elements that all equal x.
std::pair<Tensor, Tensor> value_and_slope(const Function& f, Real x) {
  Tape tape;
  const Var v = tape.variable(full({long_enough}, x));
  const Var y = f(v);
  return {y.value(), grad(sum(y), v).value()};
}

// Whether value and slope are the given ones at every element.
bool at_every_element(const Function& f, Real x, Real value, Real slope) {
  const auto [y, dy] = value_and_slope(f, x);
  const auto all = [](const Tensor& t, Real expected) {
    return std::all_of(t.begin(), t.end(), [expected](Real r) { return r == expected; });
  };
  return all(y, value) && all(dy, slope);
}

struct Kink {
  const char* name;
  Function f;
  Real x, value;
  Real left, here, right;  // the slopes on the left, at the point, on the right
};

std::vector<Kink> kinks() {
  const Tensor ones = full({long_enough}, 1), none = zeros({long_enough});
  const auto clipped = [](const Var& v) { return clip(v, -1, 2); };
  return {
      {"relu", relu, 0, 0, 0, 0, 1},
      {"abs", abs, 0, 0, -1, 0, 1},
      {"leaky_relu", [](const Var& v) { return leaky_relu(v, Real(0.25)); }, 0, 0, 0.25, 0.25, 1},
      {"elu", [](const Var& v) { return elu(v, Real(0.7)); }, 0, 0, 0.7, 0.7, 1},
      {"maximum", [](const Var& v) { return maximum(v, Real(0)); }, 0, 0, 0, 0.5, 1},
      {"maximum", [](const Var& v) { return maximum(Real(0), v); }, 0, 0, 0, 0.5, 1},
      {"maximum with itself", [](const Var& v) { return maximum(v, v); }, 2, 2, 1, 1, 1},
      {"minimum", [](const Var& v) { return minimum(v, Real(0)); }, 0, 0, 1, 0.5, 0},
      {"minimum", [](const Var& v) { return minimum(Real(0), v); }, 0, 0, 1, 0.5, 0},
      {"minimum with itself", [](const Var& v) { return minimum(v, v); }, 2, 2, 1, 1, 1},
      {"clip, low", clipped, -1, -1, 0, 1, 1},
      {"clip, high", clipped, 2, 2, 1, 1, 0},
      {"hard_tanh, low", hard_tanh, -1, -1, 0, 1, 1},
      {"hard_tanh, high", hard_tanh, 1, 1, 1, 1, 0},
      {"hard_sigmoid, low", hard_sigmoid, -3, 0, 0, Real(1) / 6, Real(1) / 6},
      {"hard_sigmoid, high", hard_sigmoid, 3, 1, Real(1) / 6, Real(1) / 6, 0},
      {"hard_swish, low", hard_swish, -3, 0, 0, -0.5, -0.5},
      {"hard_swish, high", hard_swish, 3, 3, 1.5, 1.5, 1},
      {"hypot", [](const Var& v) { return hypot(v, Real(0)); }, 0, 0, -1, 0, 1},
      {"where", [=](const Var& v) { return where(ones, v, -v); }, 0, 0, 1, 1, 1},
      {"where", [=](const Var& v) { return where(none, v, -v); }, 0, 0, -1, -1, -1},
      {"norm",
       [](const Var& v) {
         return norm(reshape(v, {long_enough, 1}), 1);
       },
       0, 0, -1, 0, 1},
      {"absolute_error", [=](const Var& v) { return absolute_error(v, none, Reduction::sum); }, 0,
       0, -1, 0, 1},
      {"hinge", [=](const Var& v) { return hinge(v, ones, Reduction::sum); }, 1, 0, -1, 0, 0},
  };
}

TEST_CASE("values and derivatives at a kink and on both sides of it") {
  for (const Kink& k : kinks()) {
    CAPTURE(k.name);
    CHECK(at_every_element(k.f, k.x, k.value, k.here));
    CHECK(near(value_and_slope(k.f, k.x - Real(1e-9)).second, full({long_enough}, k.left), 1e-8));
    CHECK(near(value_and_slope(k.f, k.x + Real(1e-9)).second, full({long_enough}, k.right), 1e-8));
  }
}

TEST_CASE("steps: their values, halves to the even neighbour, and no gradient") {
  struct Step {
    Var (*f)(const Var&);
    Real x, value;
  };
  for (const Step& step : std::vector<Step>{
           {sign, 0, 0},        {sign, 1e-300, 1},    {sign, -1e-300, -1}, {floor, 2, 2},
           {floor, -0.5, -1},   {ceil, 2, 2},         {ceil, -1.5, -1},    {ceil, 0.5, 1},
           {round, 0.5, 0},     {round, 1.5, 2},      {round, 2.5, 2},     {round, -0.5, 0},
           {round, -1.5, -2},   {round, -2.5, -2},    {round, 2.4, 2},     {round, -2.6, -3},
           {trunc, 1.7, 1},     {trunc, -1.7, -1},    {trunc, 2, 2},       {round, 1e16, 1e16},
           {floor, 1e16, 1e16}, {trunc, -1e16, -1e16}}) {
    CAPTURE(step.x);
    CAPTURE(step.value);
    CHECK(at_every_element(step.f, step.x, step.value, 0));
  }
}

TEST_CASE("powers of zero") {
  const auto to = [](Real p) { return [p](const Var& v) { return pow(v, p); }; };
  CHECK(at_every_element(to(0), 0, 1, 0));
  CHECK(at_every_element(to(1), 0, 0, 1));
  CHECK(at_every_element(to(2), 0, 0, 0));
  CHECK(at_every_element(to(-1), 0, inf, -inf));
  CHECK(at_every_element(to(3), -2, -8, 12));
}

TEST_CASE("the largest and the smallest share the gradient evenly") {
  Tape tape;
  const Var x = tape.variable(matrix({{2, 2, 1}, {5, 5, 5}, {3, 1, 1}}));
  const Real third = Real(1) / 3;
  CHECK(grad(sum(max(x, 1)), x).value() ==
        matrix({{0.5, 0.5, 0}, {third, third, third}, {1, 0, 0}}));
  CHECK(grad(sum(min(x, 1)), x).value() ==
        matrix({{0, 0, 1}, {third, third, third}, {0, 0.5, 0.5}}));
  CHECK(grad(sum(maxout(x, 3)), x).value() == grad(sum(max(x, 1)), x).value());
  CHECK(grad(max(x), x).value() == matrix({{0, 0, 0}, {third, third, third}, {0, 0, 0}}));
}

// ---- special points of single operations

TEST_CASE("norm of zeros and the standard deviation of equal values have derivative 0") {
  Tape tape;
  const Var x = tape.variable(matrix({{0, 0, 0}, {3, 0, 4}}));
  CHECK(norm(x, 1).value() == vector({0, 5}));
  CHECK(grad(sum(norm(x, 1)), x).value() == matrix({{0, 0, 0}, {0.6, 0, 0.8}}));
  const Var equal = tape.variable(vector({7, 7, 7, 7}));
  CHECK(standard_deviation(equal).item() == 0);
  CHECK(grad(standard_deviation(equal), equal).value() == zeros({4}));
  const Var g = grad(sum(norm(x, 1)) + standard_deviation(equal), x, {.create_graph = true});
  CHECK(std::isfinite(item(sum(grad(sum(g), x).value()))));
}

TEST_CASE("norm neither overflows nor underflows") {
  Tape tape;
  for (const Real scale : {Real(1e200), Real(1e-200)}) {
    const Var x = tape.variable(vector({3 * scale, -4 * scale}));
    CHECK(near(norm(x).item(), 5 * scale, 1e-15));
    CHECK(near(grad(norm(x), x).value(), vector({0.6, -0.8}), 1e-15));
    const Var y = tape.variable(scalar(3 * scale));
    CHECK(near(hypot(y, 4 * scale).item(), 5 * scale, 1e-15));
    CHECK(near(grad(hypot(y, 4 * scale), y).item(), 0.6, 1e-15));
  }
}

TEST_CASE("atan2 on the axes") {
  const Real pi = std::numbers::pi_v<Real>;
  struct Point {
    Real y, x, angle, by_y, by_x;
  };
  for (const auto& [y, x, angle, by_y, by_x] : std::vector<Point>{{0, 2, 0, 0.5, 0},
                                                                  {2, 0, pi / 2, 0, -0.5},
                                                                  {0, -2, pi, -0.5, 0},
                                                                  {-2, 0, -pi / 2, 0, 0.5},
                                                                  {-0.0, -2, -pi, -0.5, 0}}) {
    Tape tape;
    const Var v = tape.variable(scalar(y)), u = tape.variable(scalar(x));
    const Var a = atan2(v, u);
    CHECK(near(a.item(), angle, 1e-15));
    CHECK(grad(a, v).item() == by_y);
    CHECK(grad(a, u).item() == by_x);
  }
}

// Row i: the gradient of ∂f/∂xᵢ.
Tensor hessian_of(const Function& f, const Tensor& at) {
  Tape tape;
  const Var x = tape.variable(at);
  const Var g = grad(f(x), x, {.create_graph = true});
  Tensor h = uninitialized({at.size(), at.size()});
  for (std::size_t i = 0; i < at.size(); ++i) {
    const Tensor row = grad(sum(slice(g, 0, i, i + 1)), x).value();
    std::copy(row.begin(), row.end(), &h(i, 0));
  }
  return h;
}

TEST_CASE("derivatives of a product with zeros are exact") {
  const auto multiplied = [](const Var& v) { return product(v); };
  const auto gradient = [](const Tensor& at) {
    Tape tape;
    const Var x = tape.variable(at);
    return grad(product(x), x).value();
  };
  CHECK(gradient(vector({2, 0, 3})) == vector({0, 6, 0}));
  CHECK(hessian_of(multiplied, vector({2, 0, 3})) == matrix({{0, 3, 0}, {3, 0, 2}, {0, 2, 0}}));
  CHECK(gradient(vector({0, 5, 0})) == vector({0, 0, 0}));
  CHECK(hessian_of(multiplied, vector({0, 5, 0})) == matrix({{0, 0, 5}, {0, 0, 0}, {5, 0, 0}}));
  CHECK(gradient(vector({0, 0, 0})) == vector({0, 0, 0}));
  CHECK(hessian_of(multiplied, vector({0, 0, 0})) == zeros({3, 3}));
  CHECK(hessian_of(multiplied, vector({0, 7, 0, 2})) ==
        matrix({{0, 0, 14, 0}, {0, 0, 0, 0}, {14, 0, 0, 0}, {0, 0, 0, 0}}));
}

TEST_CASE("kl_divergence of a target with zeros") {
  Tape tape;
  const Var log_p = tape.variable(matrix({{-0.5, -3}, {-1, -0.25}}));
  const Tensor target = matrix({{1, 0}, {0, 1}});
  const Var loss = kl_divergence(log_p, target);
  CHECK(loss.item() == (0.5 + 0.25) / 2);
  CHECK(grad(loss, log_p).value() == matrix({{-0.5, 0}, {0, -0.5}}));
}

TEST_CASE("a number beside a variable, on either side") {
  Tape tape;
  const Var x = tape.variable(vector({0.5, 2})), two = tape.variable(scalar(2));
  const Tensor chosen = vector({1, 0});
  const std::vector<std::pair<Var, Var>> pairs{{x + 2, add(x, two)},
                                               {2 + x, add(two, x)},
                                               {x - 2, subtract(x, two)},
                                               {2 - x, subtract(two, x)},
                                               {x * 2, multiply(x, two)},
                                               {2 * x, multiply(two, x)},
                                               {x / 2, divide(x, two)},
                                               {2 / x, divide(two, x)},
                                               {maximum(x, 2), maximum(x, two)},
                                               {maximum(2, x), maximum(two, x)},
                                               {minimum(x, 2), minimum(x, two)},
                                               {minimum(2, x), minimum(two, x)},
                                               {pow(x, 2), pow(x, two)},
                                               {pow(2, x), pow(two, x)},
                                               {hypot(x, 2), hypot(x, two)},
                                               {hypot(2, x), hypot(two, x)},
                                               {atan2(x, 2), atan2(x, two)},
                                               {atan2(2, x), atan2(two, x)},
                                               {where(chosen, x, 2), where(chosen, x, two)},
                                               {where(chosen, 2, x), where(chosen, two, x)},
                                               {-x, negate(x)}};
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    CAPTURE(i);
    CHECK(pairs[i].first.value() == pairs[i].second.value());
    CHECK(grad(sum(pairs[i].first), x).value() == grad(sum(pairs[i].second), x).value());
  }
}

}  // namespace
}  // namespace reel::inline REEL_PRECISION
