// The systems from the lecture notes that only differentiate: rows 1 to 4, 9, 10 and 11 of the
// list.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/inspect/check.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>

#include "../near.h"
#include "../random_tensor.h"

namespace reel::inline REEL_PRECISION {
namespace {

using Function = std::function<Var(const Var&)>;

// f, f', …, f⁽ⁿ⁾ by nesting `elementwise_grad`.
std::vector<Function> derivatives(Function f, int n) {
  std::vector<Function> all{std::move(f)};
  for (int i = 0; i < n; ++i) all.emplace_back(elementwise_grad(all.back()));
  return all;
}

// The lectures' own activation, written out in Reel's arithmetic.
Var t_of(const Var& x) { return (Real(1) - exp(-x)) / (Real(1) + exp(-x)); }

void check_orders(const Function& f, Real x, const std::vector<double>& expected, double rtol) {
  const auto all = derivatives(f, static_cast<int>(expected.size()));
  const Tensor at = full({3}, x);  // elementwise on a vector
  for (std::size_t n = 1; n <= expected.size(); ++n) {
    const Tensor y = all[n](at).value();
    REQUIRE(y.shape() == Shape{3});
    for (const Real v : y) {
      CAPTURE(n);
      CAPTURE(v - expected[n - 1]);
      CHECK(near(v, expected[n - 1], rtol));
    }
  }
}

}  // namespace

TEST_CASE("row 1: the graph f = (x + y)·z") {
  Tape tape;
  const Var x = tape.variable(scalar(-2)), y = tape.variable(scalar(5)),
            z = tape.variable(scalar(-4));
  const Var q = x + y;
  const Var f = q * z;
  CHECK(f.item() == -12);
  const auto g = grad(f, {q, x, y, z});
  CHECK(g[0].item() == -4);
  CHECK(g[1].item() == -4);
  CHECK(g[2].item() == -4);
  CHECK(g[3].item() == 3);
}

TEST_CASE("row 2: one derivative, by autodiff and by central difference") {
  CHECK(near(grad(t_of)(Var(1)).item(), 0.39322386648296376, 1e-15));
  const Real h = Real(1e-4);
  const Real difference = (t_of(1 + h).item() - t_of(1 - h).item()) / (2 * h);
  CHECK(near(difference, 0.39322386636453377, 0, 2e-12));  // the digits below are rounding noise
}

TEST_CASE("row 3: tanh(Σx² − k)") {
  const auto f = [](const Var& x) { return tanh(sum(square(x)) - Real(0.5)); };
  CHECK(near(f(vector({-0.1, 0.2, 0.6})).item(), -0.08975778474716013, 1e-15, 1e-16));
  const Tensor g = grad(f)(vector({-0.1, 0.2, 0.3})).value();
  // the notes print eight decimals
  CHECK(near(g, vector({-0.17616545, 0.35233091, 0.52849636}), 0, 0.5e-8));
  const double slope = 1 - std::pow(std::tanh(0.14 - 0.5), 2);
  CHECK(near(g, vector({-0.2 * slope, 0.4 * slope, 0.6 * slope}), 1e-15));
}

TEST_CASE("row 4: six nested gradients") {
  check_orders(t_of, 1,
               {0.393223866482963705, -0.181715495345896819, -0.0706511610324712951,
                0.247013722732786441, -0.102083952249106022, -0.566867817059244148},
               1e-12);
  const Function tanh_of = [](const Var& x) { return tanh(x); };
  check_orders(tanh_of, 1,
               {0.41997434161402607, -0.63970000844922450, 0.62162668077129626, 0.66509104475050168,
                -5.5568935584737198, 13.624075441312104},
               1e-12);
  check_orders(tanh_of, Real(0.5),
               {0.78644773296592741, -0.72686198138358728, -0.56520928825977036, 3.9522195637245831,
                -3.2666864719713927, -36.279540291791625},
               1e-12);
}

TEST_CASE("row 9: score functions written out and as modules") {
  const Tensor x = random_tensor({5, 8}, 1);
  Rng rng(2);
  const auto weight = [](nn::Module& model, std::size_t i) { return model.parameters()[i]; };
  const auto agree = [&](const Var& a, const Var& b) {
    CHECK(a.shape() == b.shape());
    CHECK(near(a.value(), b.value(), 1e-14, 1e-14));  // sums of up to 16 terms of order 1
  };
  {
    nn::Linear f(8, 3, {.bias = false});
    nn::init(f, rng);
    agree(matmul(f.weight, transpose(Var(x))), transpose(f(x)));  // f = Wx, samples as columns
  }
  {
    nn::Sequential f(nn::Linear(8, 16, {.bias = false}), nn::relu,
                     nn::Linear(16, 3, {.bias = false}));
    nn::init(f, rng);
    const auto by_hand = [&](const Var& columns) {
      return matmul(weight(f, 1), maximum(Real(0), matmul(weight(f, 0), columns)));
    };
    agree(by_hand(transpose(Var(x))), transpose(f(x)));
    // the gradients agree too
    Tape tape;
    const std::vector<Var> w{weight(f, 0), weight(f, 1)};
    const auto a = grad(sum(square(by_hand(transpose(Var(x))))), w), b = grad(sum(square(f(x))), w);
    for (std::size_t i = 0; i < w.size(); ++i)
      CHECK(near(a[i].value(), b[i].value(), 1e-13, 1e-12));
  }
  {
    nn::Sequential f(nn::Linear(8, 16, {.bias = false}), nn::relu,
                     nn::Linear(16, 6, {.bias = false}), nn::relu,
                     nn::Linear(6, 3, {.bias = false}));
    nn::init(f, rng);
    const Var h1 = maximum(Real(0), matmul(weight(f, 0), transpose(Var(x))));
    const Var h2 = maximum(Real(0), matmul(weight(f, 1), h1));
    agree(matmul(weight(f, 2), h2), transpose(f(x)));
  }
  {  // `predict`: G(Wx + b), repeated
    nn::Sequential f = nn::mlp({8, 16, 6, 3}, nn::tanh);
    nn::init(f, rng);
    Var h = transpose(Var(x));
    for (std::size_t layer = 0; layer < 3; ++layer) {
      const Parameter b = weight(f, 2 * layer + 1);
      h = matmul(weight(f, 2 * layer), h) + reshape(b, {b.shape()[0], 1});
      if (layer < 2) h = tanh(h);
    }
    agree(h, transpose(f(x)));
  }
}

TEST_CASE("row 10: activations, with their first and second derivatives") {
  struct Case {
    const char* name;
    Function f;
    std::function<double(double)> y, first, second;
  };
  const auto logistic = [](double x) { return 1 / (1 + std::exp(-x)); };
  const auto one = [](double) { return 1.0; };
  const auto zero = [](double) { return 0.0; };
  const auto by_sign = [](auto below, auto above) {
    return [=](double x) { return x > 0 ? above(x) : below(x); };
  };
  const std::vector<Case> cases{
      {"sigmoid", [](const Var& x) { return sigmoid(x); }, logistic,
       [=](double x) { return logistic(x) * logistic(-x); },
       [=](double x) { return logistic(x) * logistic(-x) * (logistic(-x) - logistic(x)); }},
      {"tanh", [](const Var& x) { return tanh(x); }, [](double x) { return std::tanh(x); },
       [](double x) { return 1 / std::pow(std::cosh(x), 2); },
       [](double x) { return -2 * std::tanh(x) / std::pow(std::cosh(x), 2); }},
      {"relu", [](const Var& x) { return relu(x); }, by_sign(zero, [](double x) { return x; }),
       by_sign(zero, one), zero},
      {"leaky relu", [](const Var& x) { return leaky_relu(x, Real(0.1)); },
       [](double x) { return std::max(0.1 * x, x); }, by_sign([](double) { return 0.1; }, one),
       zero},
      {"leaky relu as a maximum", [](const Var& x) { return maximum(Real(0.1) * x, x); },
       [](double x) { return std::max(0.1 * x, x); }, by_sign([](double) { return 0.1; }, one),
       zero},
      {"elu", [](const Var& x) { return elu(x, Real(1.5)); },
       by_sign([](double x) { return 1.5 * std::expm1(x); }, [](double x) { return x; }),
       by_sign([](double x) { return 1.5 * std::exp(x); }, one),
       by_sign([](double x) { return 1.5 * std::exp(x); }, zero)}};
  const Tensor at = vector({-4, -1.5, -0.3, 0.2, 1, 3.5});
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const auto all = derivatives(c.f, 2);
    for (std::size_t i = 0; i < at.size(); ++i) {
      const double x = at(i);
      CAPTURE(x);
      // the absolute tolerance: 1 − y² and y + α are computed from numbers of order 1
      CHECK(near(all[0](at).value()(i), c.y(x), 4e-16));
      CHECK(near(all[1](at).value()(i), c.first(x), 1e-15, 1e-15));
      CHECK(near(all[2](at).value()(i), c.second(x), 1e-15, 1e-15));
    }
    const auto report = check_gradients([&](std::span<const Var> v) { return c.f(v[0]); }, {at});
    CHECK_MESSAGE(report.ok, report.describe());
  }
}

TEST_CASE("row 10: maxout of two linear maps") {
  const auto f = [](std::span<const Var> v) {  // max(w₁ᵀx + b₁, w₂ᵀx + b₂)
    return maximum(matmul(v[0], v[1]) + v[2], matmul(v[0], v[3]) + v[4]);
  };
  const std::vector<Tensor> inputs{random_tensor({4}, 1), random_tensor({4}, 2),
                                   random_tensor({}, 3), random_tensor({4}, 4),
                                   random_tensor({}, 5)};
  Tape tape;
  std::vector<Var> v;
  for (const Tensor& t : inputs) v.push_back(tape.variable(t));
  const auto line = [&](std::size_t w) {
    double y = inputs[w + 1]();
    for (std::size_t i = 0; i < 4; ++i) y += inputs[0](i) * inputs[w](i);
    return y;
  };
  REQUIRE(std::abs(line(1) - line(3)) > 0.1);
  const std::size_t winner = line(1) > line(3) ? 1 : 3, loser = 4 - winner;
  const Var y = f(v);
  CHECK(near(y.item(), line(winner), 1e-14));
  const auto g = grad(y, v);
  CHECK(g[0].value() == inputs[winner]);
  CHECK(g[winner].value() == inputs[0]);
  CHECK(g[winner + 1].item() == 1);
  CHECK(g[loser].value() == zeros({4}));
  CHECK(g[loser + 1].item() == 0);
  const CheckReport report = check_gradients(f, inputs);
  CHECK_MESSAGE(report.ok, report.describe());

  // the same as one operation: two pieces in neighbouring columns
  Tensor both = uninitialized({2, 4});
  for (std::size_t i = 0; i < 4; ++i) {
    both(0, i) = inputs[1](i);
    both(1, i) = inputs[3](i);
  }
  const Var fused =
      maxout(affine(reshape(v[0], {1, 4}), both, vector({inputs[2](), inputs[4]()})), 2);
  CHECK(fused.shape() == Shape{1, 1});
  CHECK(near(fused.item(), y.item(), 1e-14));
  CHECK(near(grad(sum(fused), v[0]).value(), inputs[winner], 1e-14));
}

TEST_CASE("row 11: losses are finite at logits of ±1e4") {
  const Labels labels{0, 1, 2};
  Tape tape;
  const Var logits = tape.variable(matrix({{1e4, -1e4, 0}, {1e4, -1e4, 1e4}, {-1e4, 1e4, -1e4}}));
  const auto finite = [](const Tensor& t) {
    return std::all_of(t.begin(), t.end(), [](Real x) { return std::isfinite(x); });
  };
  // −log Π p(zᵢ|xᵢ), in three ways
  const Var fused = softmax_cross_entropy(logits, labels, Reduction::sum);
  const Tensor one_hot = matrix({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
  const Var by_log = -sum(log_softmax(logits) * one_hot);
  const Var by_lse = sum(logsumexp(logits, 1)) - sum(logits * one_hot);
  // row by row: 0, 2e4 + log 2, 2e4; the logs are rounded to an ulp of 2e4
  const double expected = 4e4 + std::log(2.0);
  for (const Var& loss : {fused, by_log, by_lse}) {
    CHECK(near(loss.item(), expected, 1e-15));
    // the gradient of logsumexp is eˣ⁻ʸ, and y is rounded to an ulp of 1e4, 1.8e-12
    const double rtol = loss.shared().identity() == by_lse.shared().identity() ? 2e-12 : 1e-15;
    const Var g = grad(loss, logits, {.create_graph = true});
    CHECK(near(g.value(), matrix({{0, 0, 0}, {0.5, -1, 0.5}, {0, 1, -1}}), rtol));
    CHECK(finite(grad(sum(g * logits), logits).value()));
  }
  const Var error = squared_error(logits, zeros({3, 3}), Reduction::sum);
  CHECK(error.item() == 8e8);
  CHECK(grad(error, logits).value() == 2 * logits.value());
  // squared error of a softmax output
  const Var p = squared_error(softmax(logits), one_hot);
  CHECK(near(p.item(), (0.25 + 1 + 0.25 + 1 + 1) / 9, 1e-15));
  CHECK(finite(grad(p, logits).value()));
}

}  // namespace reel::inline REEL_PRECISION
