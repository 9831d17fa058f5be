// Rows 8 to 11: networks, activations and losses written as in the notes, beside Reel's own.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/engine/derivatives.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/nn/linear.h>
#include <reel/nn/losses.h>
#include <reel/nn/sequential.h>
#include <reel/optim/minimize/gradient_descent.h>

#include "../lecture.h"
#include "common.h"

namespace reel::descent {
namespace {

Finding equal(std::string what, const Var& a, const Var& b, double tolerance) {
  const double off = largest_difference(a.value(), b.value());
  return claim(std::move(what), "equal to " + text(tolerance), off, off <= tolerance);
}

// ---- row 8

// The net with nine weights, unit by unit; g is the logistic function.
Var written_out(const Var& w, const Var& x1, const Var& x2) {
  const Var w31 = element(w, 0), w32 = element(w, 1), w41 = element(w, 2), w42 = element(w, 3),
            b3 = element(w, 4), b4 = element(w, 5), w53 = element(w, 6), w54 = element(w, 7),
            b5 = element(w, 8);
  const Var y3 = sigmoid(w31 * x1 + w32 * x2 + b3), y4 = sigmoid(w41 * x1 + w42 * x2 + b4);
  return sigmoid(w53 * y3 + w54 * y4 + b5);
}

Report exclusive_or(const Settings& settings) {
  constexpr int starts = 20;
  const Tensor x = matrix({{0, 0}, {0, 1}, {1, 0}, {1, 1}}), y = matrix({{0}, {1}, {1}, {0}});
  const Var x1 = vector({0, 0, 1, 1}), x2 = vector({0, 1, 0, 1}), wanted = vector({0, 1, 1, 0});
  const auto loss = [&](const Var& w) { return mean(square(wanted - written_out(w, x1, x2))); };

  nn::Sequential net(nn::Linear(2, 2), nn::sigmoid, nn::Linear(2, 1), nn::sigmoid);
  int learnt = 0;
  double best = HUGE_VAL, off = 0;
  Tensor shown;  // the predictions of the best net
  for (int k = 0; k < starts; ++k) {
    Rng rng(seed_of(settings, static_cast<std::uint64_t>(k)));
    nn::init(net, rng, nn::Init::xavier_normal);
    const auto found = optim::minimize(loss, optim::values_of(net.parameters()),
                                       optim::gradient_descent({.step = 5}),
                                       {.iterations = 5'000, .keep_points = false});
    const Tensor predicted = written_out(found.theta, x1, x2).value();
    int errors = 0;
    for (std::size_t i = 0; i < 4; ++i) errors += (predicted(i) > 0.5) != (y(i, 0) > 0.5);
    learnt += errors == 0;
    optim::set_values(net.parameters(), found.theta);
    off = std::max(off, largest_difference(reshape(net(x), {4}).value(), predicted));
    if (found.value < best) {
      best = found.value;
      shown = predicted;
    }
  }
  Report report{
      .findings = {claim("starts of 20, drawn at random, from which descent learns all "
                         "four patterns of XOR",
                         "at least 10", learnt, learnt >= 10),
                   claim("mean squared error of the best net", "at most 0.01", best, best <= 0.01),
                   claim("ŷ written out and as nn::Sequential, all 20 nets, trained",
                         "equal to 1e-15", off, off <= 1e-15)},
      .text = {"the best of 20 nets:"}};
  for (std::size_t i = 0; i < 4; ++i)
    report.text.push_back("x = (" + text(x(i, 0)) + ", " + text(x(i, 1)) +
                          ")   y = " + text(y(i, 0)) + "   ŷ = " + text(shown(i), 3));
  return report;
}

// ---- row 9

Report scores(const Settings& settings) {
  Rng rng(seed_of(settings, 1));
  const Var x = normals({8, 5}, rng);  // samples are columns
  const nn::LinearOptions no_bias{.bias = false};
  Report report;
  {
    nn::Linear f(8, 3, no_bias);
    nn::init(f, rng);
    report.findings.push_back(
        equal("f = Wx", matmul(f.weight, x), transpose(f(transpose(x))), 1e-14));
  }
  {
    nn::Sequential f(nn::Linear(8, 16, no_bias), nn::relu, nn::Linear(16, 3, no_bias));
    nn::init(f, rng);
    const std::vector<Parameter> w = f.parameters();
    report.findings.push_back(equal("f = W₂ max(0, W₁x)", matmul(w[1], maximum(0, matmul(w[0], x))),
                                    transpose(f(transpose(x))), 1e-14));
  }
  {
    nn::Sequential f(nn::Linear(8, 16, no_bias), nn::relu, nn::Linear(16, 6, no_bias), nn::relu,
                     nn::Linear(6, 3, no_bias));
    nn::init(f, rng);
    const std::vector<Parameter> w = f.parameters();
    const Var h = maximum(0, matmul(w[1], maximum(0, matmul(w[0], x))));
    report.findings.push_back(
        equal("f = W₃ max(0, W₂ max(0, W₁x))", matmul(w[2], h), transpose(f(transpose(x))), 1e-14));
  }
  {
    nn::Sequential f(nn::Linear(8, 16), nn::relu, nn::Linear(16, 6), nn::relu, nn::Linear(6, 3));
    nn::init(f, rng);
    std::vector<Parameter> p = f.parameters();
    for (std::size_t i = 1; i < p.size(); i += 2)
      p[i].set_value(normals(p[i].shape(), rng));  // `init` makes them small
    Var h = x;
    for (std::size_t i = 0; i < p.size(); i += 2)
      h = maximum(0, matmul(p[i], h) + reshape(p[i + 1], {p[i + 1].shape()[0], 1}));
    report.findings.push_back(equal("predict = repeated G(Wx + b), G = ReLU", h,
                                    transpose(relu(f(transpose(x)))), 1e-14));
  }
  return report;
}

// ---- row 10

using Scalar = std::function<double(double)>;

struct Activation {
  std::string name;
  std::function<Var(const Var&)> f;
  Scalar y, first, second;
};

std::vector<Activation> activations() {
  const auto logistic = [](double x) { return 1 / (1 + std::exp(-x)); };
  const auto by_sign = [](Scalar below, Scalar above) -> Scalar {
    return [=](double x) { return x > 0 ? above(x) : below(x); };
  };
  const auto constant = [](double c) { return [c](double) { return c; }; };
  const auto same = [](double x) { return x; };
  return {{"sigmoid", [](const Var& x) { return sigmoid(x); }, logistic,
           [=](double x) { return logistic(x) * logistic(-x); },
           [=](double x) { return logistic(x) * logistic(-x) * (logistic(-x) - logistic(x)); }},
          {"leaky ReLU max(0.1x, x)", [](const Var& x) { return leaky_relu(x, 0.1); },
           [](double x) { return std::max(0.1 * x, x); }, by_sign(constant(0.1), constant(1)),
           constant(0)},
          {"tanh", [](const Var& x) { return tanh(x); }, [](double x) { return std::tanh(x); },
           [](double x) { return 1 / std::pow(std::cosh(x), 2); },
           [](double x) { return -2 * std::tanh(x) / std::pow(std::cosh(x), 2); }},
          {"ReLU", [](const Var& x) { return relu(x); }, by_sign(constant(0), same),
           by_sign(constant(0), constant(1)), constant(0)},
          {"ELU, α = 1.5", [](const Var& x) { return elu(x, 1.5); },
           by_sign([](double x) { return 1.5 * std::expm1(x); }, same),
           by_sign([](double x) { return 1.5 * std::exp(x); }, constant(1)),
           by_sign([](double x) { return 1.5 * std::exp(x); }, constant(0))}};
}

// maxout of an affine layer beside max(w₁ᵀx + b₁, w₂ᵀx + b₂) written out: x (50, 4), w (2, 4) and
// b (2) are drawn.
void maxout_findings(Report& report, Rng& rng) {
  constexpr std::size_t samples = 50, inputs = 4;
  Tape tape;
  const Var x = tape.variable(normals({samples, inputs}, rng)),
            w = tape.variable(normals({2, inputs}, rng)), b = tape.variable(normals({2}, rng));
  const auto f = [&](const Var& at) { return reshape(maxout(affine(at, w, b), 2), {samples}); };
  Tensor y = zeros({samples}), by_x = zeros({samples, inputs}), by_w = zeros({2, inputs}),
         by_b = zeros({2}), curves = zeros({samples, inputs, samples, inputs});
  for (std::size_t i = 0; i < samples; ++i) {
    std::array<double, 2> piece{b.value()(0), b.value()(1)};
    for (std::size_t p = 0; p < 2; ++p)
      for (std::size_t j = 0; j < inputs; ++j) piece[p] += w.value()(p, j) * x.value()(i, j);
    const std::size_t larger = piece[1] > piece[0];
    y(i) = piece[larger];
    by_b(larger) += 1;
    for (std::size_t j = 0; j < inputs; ++j) {
      by_x(i, j) = w.value()(larger, j);
      by_w(larger, j) += x.value()(i, j);
      for (std::size_t k = 0; k < inputs; ++k)
        curves(i, j, i, k) = w.value()(larger, j) * w.value()(larger, k);
    }
  }
  const std::string name = "maxout of 50 drawn x: ";
  const std::vector<Var> g = grad(sum(f(x)), {x, w, b});
  report.findings.push_back(equal(name + "max(w₁ᵀx + b₁, w₂ᵀx + b₂)", f(x), y, 1e-14));
  report.findings.push_back(equal(name + "derivative by x", g[0], by_x, 1e-14));
  report.findings.push_back(equal(name + "derivative by w", g[1], by_w, 1e-13));
  report.findings.push_back(equal(name + "derivative by b", g[2], by_b, 0));
  report.findings.push_back(
      equal(name + "second derivatives of ½Σy²",
            hessian([&](const Var& at) { return 0.5 * sum(square(f(at))); })(x), curves, 1e-14));
}

Report bends(const Settings& settings) {
  const Tensor at = vector({-4, -1.5, -0.3, 0.2, 1, 3.5});
  const auto values = [&](const Scalar& f) {
    Tensor y = at;
    std::transform(at.begin(), at.end(), y.begin(), f);
    return y;
  };
  Report report;
  for (const auto& [name, f, y, first, second] : activations()) {
    const auto slope = elementwise_grad(f);
    report.findings.push_back(equal(name + ", value", f(at), values(y), 1e-15));
    report.findings.push_back(equal(name + ", derivative", slope(at), values(first), 2e-15));
    report.findings.push_back(
        equal(name + ", second derivative", elementwise_grad(slope)(at), values(second), 2e-15));
  }
  Rng rng(seed_of(settings, 1));
  maxout_findings(report, rng);
  // softmax: y = eˣ/Σeˣ, ∂yᵢ/∂xⱼ = yᵢ(δᵢⱼ − yⱼ), ∂²yᵢ/∂xⱼ∂xₖ = yᵢ((δᵢₖ − yₖ)(δᵢⱼ − yⱼ) − yⱼ(δⱼₖ −
  // yₖ))
  const auto f = [](const Var& x) { return softmax(x); };
  const Tensor x = vector({-1, 0.5, 2}), y = f(x).value();
  Tensor by_hand = y, slopes = zeros({3, 3}), curves = zeros({3, 3, 3});
  for (std::size_t i = 0; i < 3; ++i) {
    by_hand(i) = std::exp(x(i)) / (std::exp(x(0)) + std::exp(x(1)) + std::exp(x(2)));
    for (std::size_t j = 0; j < 3; ++j) {
      slopes(i, j) = y(i) * ((i == j) - y(j));
      for (std::size_t k = 0; k < 3; ++k)
        curves(i, j, k) = y(i) * (((i == k) - y(k)) * ((i == j) - y(j)) - y(j) * ((j == k) - y(k)));
    }
  }
  report.findings.push_back(equal("softmax, value", y, by_hand, 1e-15));
  report.findings.push_back(equal("softmax, Jacobian", jacobian(f)(x), slopes, 2e-15));
  report.findings.push_back(
      equal("softmax, second derivatives", jacobian(jacobian(f))(x), curves, 2e-15));
  return report;
}

// ---- row 11

Report losses_at_extremes(const Settings&) {
  const Labels labels{0, 1, 2};
  Tape tape;
  const Var logits = tape.variable(matrix({{1e4, -1e4, 0}, {1e4, -1e4, 1e4}, {-1e4, 1e4, -1e4}}));
  const Tensor one_hot = matrix({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
  // the rows' losses: 0, 2e4 + log 2, 2e4
  const double expected = 4e4 + std::log(2.0);
  const Var fused = nn::cross_entropy(logits, labels, Reduction::sum);
  const Var likelihood = -sum(log_softmax(logits) * one_hot);
  const Var error = nn::squared_error(softmax(logits), one_hot, Reduction::sum);
  const Tensor slopes = matrix({{0, 0, 0}, {0.5, -1, 0.5}, {0, 1, -1}});  // softmax less one-hot
  return {
      .findings = {claim("cross-entropy on softmax, summed, logits ±1e4", expected, fused.item(),
                         1e-11),
                   equal("its slopes, softmax less one-hot", grad(fused, logits), slopes, 1e-15),
                   claim("−log Π p(zᵢ|xᵢ)", expected, likelihood.item(), 1e-11),
                   equal("its slopes, softmax less one-hot", grad(likelihood, logits), slopes,
                         1e-15),
                   claim("squared error of the softmax, summed", 3.5, error.item(), 1e-14),
                   equal("its slopes, all 0", grad(error, logits), zeros({3, 3}), 1e-15),
                   claim("squared error of the logits themselves", 8e8,
                         nn::squared_error(logits, zeros({3, 3}), Reduction::sum).item(), 0)},
      .text = {"three samples, three classes; the likelihood of the second sample is ½·e^−20000"}};
}

}  // namespace

std::vector<Lecture> model_lectures() {
  return {{8, "xor", "Southampton", "A network of nine numbers learns XOR",
           "ŷ = g(w₅³ g(w₃¹x₁ + w₃²x₂ + b₃) + w₅⁴ g(w₄¹x₁ + w₄²x₂ + b₄) + b₅), g logistic, by "
           "gradient descent on the mean squared error.",
           exclusive_or},
          {9, "scores", "CS231n, Glasgow", "Score functions written out and as modules",
           "Linear scores, nets of two and three layers, and repeated G(Wx + b).", scores},
          {10, "activations", "CS231n, Neuromatch", "Activations with both derivatives",
           "Values, first and second derivatives beside their formulas.", bends},
          {11, "likelihood", "van der Smagt", "Losses at extreme logits",
           "A probability of e^−20000 underflows; its logarithm need not.", losses_at_extremes}};
}

}  // namespace reel::descent
