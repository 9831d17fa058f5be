// Row 22: momentum in two notations, its effective rate, and its paths in a valley.
#include <algorithm>
#include <cmath>
#include <utility>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/optim/minimize/gradient_descent.h>
#include <reel/optim/minimize/momentum.h>
#include <reel/optim/sgd.h>

#include "../lecture.h"
#include "common.h"

namespace reel::descent {
namespace {

using Points = std::vector<Tensor>;
using Start = optim::MomentumOptions::Start;

constexpr int steps = 100;

// A valley along the first axis: the curvatures are 1 and 40.
Var valley(const Var& w) { return 0.5 * (square(element(w, 0)) + 40 * square(element(w, 1))); }

Tensor start() { return vector({-10, 1.5}); }

// u = −g + βu; w += αu
Points by_rate(double alpha, double beta) {
  const auto slope = grad(valley);
  Points points{start()};
  Tensor u = zeros({2});
  for (int i = 0; i < steps; ++i) {
    u = beta * u - slope(points.back()).value();
    points.emplace_back(points.back() + alpha * u);
  }
  return points;
}

// v = αv + δ∇L; θ −= v
Points by_velocity(double delta, double alpha, Tensor v) {
  const auto slope = grad(valley);
  Points points{start()};
  for (int i = 0; i < steps; ++i) {
    v = alpha * v + delta * slope(points.back()).value();
    points.emplace_back(points.back() - v);
  }
  return points;
}

Points by_sgd(double lr, double mu) {
  Parameter w(start());
  optim::Sgd sgd({w}, {.lr = lr, .momentum = mu});
  Points points{w.value()};
  for (int i = 0; i < steps; ++i) {
    Tape tape;
    tape.backward(valley(w));
    sgd.step();
    points.push_back(w.value());
  }
  return points;
}

optim::History by_minimize(const optim::Method& method) {
  return optim::minimize(valley, start(), method, {.iterations = steps, .gradient_tolerance = 0})
      .history;
}

double furthest(const Points& a, const Points& b) {
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    worst = std::max(worst, i < b.size() ? largest_difference(a[i], b[i]) : HUGE_VAL);
  return worst;
}

// The last of many steps on a constant slope of 3, divided by that slope.
double effective_rate(double alpha, double beta) {
  const auto found =
      optim::minimize([](const Var& theta) { return 3 * theta; }, scalar(0),
                      optim::momentum({.step = alpha, .momentum = beta}), {.iterations = 500});
  const Points& at = found.history.points();
  return (at[at.size() - 2]() - at[at.size() - 1]()) / 3;
}

int crossings(const optim::History& history) {
  int count = 0;
  for (std::size_t i = 1; i < history.size(); ++i)
    count += history.points()[i](1) * history.points()[i - 1](1) < 0;
  return count;
}

Report traces(const Settings&) {
  Report report;
  const auto same = [&](std::string what, double off) {
    report.findings.push_back(claim(std::move(what), "at most 1e-12", off, off <= 1e-12));
  };
  const double alpha = 0.02, beta = 0.85;
  const Points noted = by_rate(alpha, beta);
  // with v = −αu, the second notation's δ is the first one's α, its α the first one's β
  same("u = −g + βu, w += αu, beside v = αv + δ∇L, θ −= v, v₀ = 0: largest difference",
       furthest(noted, by_velocity(alpha, beta, zeros({2}))));
  same("beside optim::Sgd with lr = α, momentum = β", furthest(noted, by_sgd(alpha, beta)));
  const auto heavy = by_minimize(optim::momentum({.step = alpha, .momentum = beta}));
  same("beside minimize with momentum, v₀ = 0", furthest(noted, heavy.points()));
  const Points pushed = by_velocity(alpha, beta, grad(valley)(start()).value());
  const auto begun =
      by_minimize(optim::momentum({.step = alpha, .momentum = beta, .start = Start::gradient}));
  same("v₀ = ∇L, as the notebook starts, beside minimize's", furthest(pushed, begun.points()));
  const double apart = furthest(noted, pushed);
  report.findings.push_back(claim("v₀ = ∇L beside v₀ = 0: largest difference",
                                  "another path: above 1", apart, apart > 1));
  const double rates[][3] = {{0.02, 0.85, 2. / 15}, {0.02, 0.9, 0.2}, {0.1, 0.9, 1}, {0.3, 0.7, 1}};
  for (const auto& [a, b, rate] : rates)
    report.findings.push_back(claim("effective rate α/(1 − β), α = " + text(a) + ", β = " + text(b),
                                    rate, effective_rate(a, b), 1e-9));

  const auto small = by_minimize(optim::gradient_descent({.step = 0.005})),
             large = by_minimize(optim::gradient_descent({.step = 0.049}));
  const auto final = [](const optim::History& history) { return history.values().back(); };
  report.findings.push_back(claim("loss after 100 steps, small α", "above 10: it creeps",
                                  final(small), final(small) > 10));
  report.findings.push_back(claim("steps of 100 that cross the valley, large α",
                                  "all: it oscillates", crossings(large),
                                  crossings(large) == steps));
  report.findings.push_back(claim("loss after 100 steps, momentum", "below 1e-3 of both",
                                  final(heavy),
                                  final(heavy) < 1e-3 * std::min(final(small), final(large))));

  plot::Picture paths{"Momentum in a valley, ½(x² + 40y²), 100 steps", {}};
  plot::Chart loss{.title = "loss", .x = {"iteration"}, .y = {"loss", true}};
  const auto show = [&](const std::string& name, const optim::History& history) {
    paths.charts.push_back({.title = name,
                            .x = {"x"},
                            .y = {"y"},
                            .series = {path(name, history)},
                            .surface = plot::surface_of(on_plane(valley), -11, 4, -2, 2, 121, 61)});
    loss.series.push_back(losses(name, history));
    report.traces.push_back({name, history});
  };
  show("small α = 0.005", small);
  show("large α = 0.049", large);
  show("momentum, α = 0.02, β = 0.85", heavy);
  paths.charts.push_back(std::move(loss));
  report.figures = {
      {"momentum",
       "A small rate creeps along the valley, a large one bounces between its walls in every step; "
       "momentum averages the bounces out and adds the slope along the floor up to an effective "
       "rate of α/(1 − β) = 0.13: after 100 steps its loss is less than a thousandth of theirs.",
       std::move(paths)}};
  return report;
}

}  // namespace

std::vector<Lecture> momentum_lectures() {
  return {{22, "momentum", "van der Smagt, Glasgow", "Momentum, in two notations",
           "u = −g + βu, w += αu and v = αv + δ∇L, θ −= v take the same path when δ and α of the "
           "second are α and β of the first.",
           traces}};
}

}  // namespace reel::descent
