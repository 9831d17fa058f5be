// Row 24: gradient methods beside each other and beside PyTorch's.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <utility>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/optim/adadelta.h>
#include <reel/optim/adagrad.h>
#include <reel/optim/adam.h>
#include <reel/optim/rmsprop.h>
#include <reel/optim/rprop.h>
#include <reel/optim/sgd.h>

#include "../lecture.h"
#include "common.h"

namespace reel::descent {
namespace {

constexpr std::size_t steps = 40;

// Σ cᵢθᵢ²
Var bowl(const Var& theta, const Tensor& c) { return sum(square(theta) * c); }

// The change of one parameter by its slope g in the step t = 1, 2, …; a and b are what the method
// remembers, at first 0.
using Formula = std::function<double(double g, double& a, double& b, int t)>;

Formula sgd(double lr) {
  return [=](double g, double&, double&, int) { return -lr * g; };
}

Formula adagrad(double lr) {
  return [=](double g, double& squares, double&, int) {
    squares += g * g;
    return -lr * g / (std::sqrt(squares) + 1e-10);
  };
}

Formula rmsprop(double lr, double alpha) {
  return [=](double g, double& square, double&, int) {
    square = alpha * square + (1 - alpha) * g * g;
    return -lr * g / (std::sqrt(square) + 1e-8);
  };
}

Formula adadelta(double lr, double eps) {
  return [=](double g, double& square, double& moved, int) {
    constexpr double rho = 0.9;
    square = rho * square + (1 - rho) * g * g;
    const double change = -std::sqrt((moved + eps) / (square + eps)) * g;
    moved = rho * moved + (1 - rho) * change * change;
    return lr * change;
  };
}

Formula rprop(double lr) {
  return [=](double g, double& before, double& length, int t) {
    if (t == 1) length = lr;
    const double agreement = g * before;
    if (agreement > 0) length = std::min(1.2 * length, 50.0);
    if (agreement < 0) length = std::max(0.5 * length, 1e-6);
    before = agreement < 0 ? 0 : g;
    return before == 0 ? 0 : -std::copysign(length, before);
  };
}

Formula adam(double lr) {
  return [=](double g, double& mean, double& square, int t) {
    mean = 0.9 * mean + 0.1 * g;
    square = 0.999 * square + 0.001 * g * g;
    const double m = mean / (1 - std::pow(0.9, t)), v = square / (1 - std::pow(0.999, t));
    return -lr * m / (std::sqrt(v) + 1e-8);
  };
}

// θ (2) before the first of 40 steps and after each.
std::vector<Tensor> by_formula(const Formula& change, Tensor theta, const Tensor& c) {
  std::vector<Tensor> points{theta};
  Tensor a = zeros({2}), b = zeros({2});
  for (int t = 1; t <= static_cast<int>(steps); ++t) {
    for (std::size_t i = 0; i < 2; ++i) theta(i) += change(2 * c(i) * theta(i), a(i), b(i), t);
    points.push_back(theta);
  }
  return points;
}

// The same by an optimizer that `make` makes for a parameter.
template <class Make>
optim::History by_optimizer(const Make& make, const Tensor& start, const Tensor& c) {
  Parameter theta(start);
  auto optimizer = make(theta);
  optim::History history;
  for (std::size_t step = 0; step <= steps; ++step) {
    if (step > 0) optimizer.step();
    Tape tape;
    const Var loss = bowl(theta, c);
    history.add(theta.value(), static_cast<double>(loss.item()), {step + 1, step + 1});
    tape.backward(loss);
  }
  return history;
}

Report first_order_methods(const Settings& settings) {
  constexpr int drawn = 10;
  const Tensor curvatures = vector({0.1, 2});
  Report report;
  plot::Chart paths{
      .title = "Their paths",
      .x = {.label = "θ₁", .low = -5.5, .high = 2},
      .y = {.label = "θ₂", .low = -2.5, .high = 2},
      .surface = plot::surface_of(
          on_plane([&](const Var& theta) { return bowl(theta, curvatures); }), -5.5, 2, -2.5, 2)};
  plot::Chart values{
      .title = "The loss", .x = {.label = "steps"}, .y = {.label = "loss", .logarithmic = true}};
  // x and y: the place of PyTorch 1.13 after forty steps from (−5, −2), in double.
  const auto run = [&](const std::string& name, const auto& make, const Formula& formula, double x,
                       double y) {
    optim::History history = by_optimizer(make, vector({-5, -2}), curvatures);
    double off = 0;
    Rng rng(seed_of(settings, 1));
    for (int k = 0; k < drawn; ++k) {
      const Tensor start = 3 * normals({2}, rng),
                   c = vector({rng.uniform(0.05, 2), rng.uniform(0.05, 2)});
      const optim::History found = by_optimizer(make, start, c);
      const std::vector<Tensor> exact = by_formula(formula, start, c);
      for (std::size_t t = 0; t <= steps; ++t)
        off = std::max(off, largest_difference(found.points()[t], exact[t]));
    }
    report.findings.push_back(
        claim(name + ": every step from 10 drawn starts on drawn bowls, beside the formula: "
                     "largest difference",
              "at most 1e-12", off, off <= 1e-12));
    const Tensor& end = history.points().back();
    report.findings.push_back(claim(name + ": θ₁ after 40 steps", x, end(0), 1e-12));
    report.findings.push_back(claim(name + ": θ₂ after 40 steps", y, end(1), 1e-12));
    paths.series.push_back(path(name, history));
    values.series.push_back(losses(name, history));
    report.traces.push_back({name, std::move(history)});
  };
  using P = const Parameter&;
  run(
      "SGD", [](P p) { return optim::Sgd({p}, {.lr = 0.4}); }, sgd(0.4), -0.17802586235269735,
      -2.6734989077687637e-09);
  run(
      "Adagrad", [](P p) { return optim::Adagrad({p}, {.lr = 1}); }, adagrad(1),
      -0.04308075786459507, -3.217528807801493e-10);
  run(
      "RMSprop", [](P p) { return optim::Rmsprop({p}, {.lr = 0.2, .alpha = 0.9}); },
      rmsprop(0.2, 0.9), -0.012360471991347124, -1.2880419016718065e-18);
  run(
      "Adadelta", [](P p) { return optim::Adadelta({p}, {.lr = 1, .eps = 1e-2}); },
      adadelta(1, 1e-2), -0.1124153089740706, -3.734412425385398e-08);
  run(
      "Rprop", [](P p) { return optim::Rprop({p}, {.lr = 0.1}); }, rprop(0.1),
      0.0008550423048994062, 0.00016030404116468213);
  run(
      "Adam", [](P p) { return optim::Adam({p}, {.lr = 0.3}); }, adam(0.3), 0.42471247554864366,
      0.09601972052196879);
  report.figures = {
      {"first-order-methods",
       "Forty steps of each method on 0.1x² + 2y² from (−5, −2), where PyTorch 1.13 ends at the "
       "same "
       "places; the steps are compared with the formulas from ten more starts, drawn at random, on "
       "bowls of drawn curvatures. Plain descent follows the steep "
       "axis first; methods that divide by the size of past gradients, and Rprop, which looks at "
       "signs alone, go along both axes at once.",
       {"First-order methods", {std::move(paths), std::move(values)}}}};
  return report;
}

}  // namespace

std::vector<Lecture> first_order_lectures() {
  return {
      {24, "first-order-methods", "van der Smagt, Neuromatch",
       "First-order methods beside each other",
       "Forty steps of six optimisers in a valley, each where its formula and PyTorch 1.13 are, in "
       "double.",
       first_order_methods}};
}

}  // namespace reel::descent
