// Row 23: the kinds of critical points by the Hessian's eigenvalues, and the effect of its
// condition on methods.
#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <reel/autodiff/engine/derivatives.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/optim/minimize/analysis.h>
#include <reel/optim/minimize/conjugate_gradient.h>
#include <reel/optim/minimize/gradient_descent.h>
#include <reel/optim/minimize/lbfgs.h>
#include <reel/optim/minimize/momentum.h>
#include <reel/optim/minimize/newton.h>
#include <reel/optim/minimize/newton_cg.h>

#include "../lecture.h"
#include "../objectives.h"
#include "common.h"

namespace reel::descent {
namespace {

using optim::CriticalPoint;
using plot::Style;

// ---- the four kinds

void classify_examples(Report& report) {
  struct Example {
    const char* formula;
    optim::Objective f;
    CriticalPoint kind;
  };
  const auto of = [](double a, double b) {
    return [=](const Var& t) { return a * square(element(t, 0)) + b * square(element(t, 1)); };
  };
  const Example examples[] = {
      {"x² + 2y²", of(1, 2), CriticalPoint::minimum},
      {"−x² − 2y²", of(-1, -2), CriticalPoint::maximum},
      {"x² − 2y²", of(1, -2), CriticalPoint::saddle},
      {"x² + y⁴", [](const Var& t) { return square(element(t, 0)) + pow(element(t, 1), 4); },
       CriticalPoint::semidefinite}};
  for (const auto& [formula, f, kind] : examples) {
    const CriticalPoint found = optim::classify(f, zeros({2}));
    const Tensor values = optim::eigenvalues(hessian(f)(zeros({2})).value());
    report.findings.push_back(claim(std::string("lowest eigenvalue at the origin of ") + formula,
                                    to_string(kind), values(0), found == kind));
    report.text.push_back(std::string(formula) + ": eigenvalues " + text(values(0)) + ", " +
                          text(values(1)) + ": " + to_string(found));
  }
}

// ---- condition

// Iterations on ½(θ − 1)ᵀH(θ − 1), n = 10, from 0, until the norm of the gradient has fallen by the
// factor 1e-6.
double iterations(double condition, const optim::Method& method) {
  const optim::Objective f = objectives::quadratic(condition, 10);
  const double first = optim::norm_of(grad(f)(zeros({10})).value(), optim::Norm::l2);
  const auto found = optim::minimize(f, zeros({10}), method,
                                     {.iterations = 1'000'000,
                                      .gradient_tolerance = 1e-6 * first,
                                      .gradient_norm = optim::Norm::l2,
                                      .value_tolerance = 0,
                                      .keep_points = false});
  return found.converged() ? static_cast<double>(found.iterations) : HUGE_VAL;
}

// The exponent p of y ~ xᵖ, from the last two points.
double exponent(const plot::Series& s) {
  const std::size_t n = s.x.size();
  return std::log(s.y[n - 1] / s.y[n - 2]) / std::log(s.x[n - 1] / s.x[n - 2]);
}

plot::Chart conditions(Report& report) {
  plot::Series descent{"gradient descent", {}, {}, Style::line_and_dots},
      momentum{"momentum", {}, {}, Style::line_and_dots},
      conjugate{"conjugate gradients", {}, {}, Style::line_and_dots},
      lbfgs{"L-BFGS", {}, {}, Style::line_and_dots}, newton{"Newton", {}, {}, Style::line_and_dots};
  double measured = 0;
  for (double condition = 1; condition <= 1e4; condition *= 10) {
    const double root = std::sqrt(condition);
    measured =
        optim::condition_number(hessian(objectives::quadratic(condition, 10))(zeros({10})).value());
    const auto add = [&](plot::Series& series, const optim::Method& method) {
      series.x.push_back(condition);
      series.y.push_back(iterations(condition, method));
    };
    // the optimal constants for curvatures from 1 to `condition` (Polyak 1964)
    add(descent, optim::gradient_descent({.step = 2 / (condition + 1)}));
    add(momentum, optim::momentum({.step = std::pow(2 / (root + 1), 2),
                                   .momentum = std::pow((root - 1) / (root + 1), 2)}));
    add(conjugate, optim::conjugate_gradient({.line_search = optim::LineSearch::exact}));
    add(lbfgs, optim::lbfgs());
    add(newton, optim::newton());
  }
  const auto most = [](const plot::Series& s) { return *std::max_element(s.y.begin(), s.y.end()); };
  const double by_descent = exponent(descent), by_momentum = exponent(momentum);
  report.findings.push_back(
      claim("condition number of a Hessian made with 10,000", 1e4, measured, 1e-6));
  report.findings.push_back(claim("gradient descent: iterations grow by condition to the power",
                                  "1, to 0.05", by_descent, std::abs(by_descent - 1) <= 0.05));
  report.findings.push_back(
      claim("momentum: the same", "½, to 0.05", by_momentum, std::abs(by_momentum - 0.5) <= 0.05));
  report.findings.push_back(
      claim("conjugate gradients: iterations in 10 dimensions at condition 100", "at most 10",
            conjugate.y[2], conjugate.x[2] == 100 && conjugate.y[2] <= 10));
  report.findings.push_back(claim("conjugate gradients: the most at any condition",
                                  "at most 20: rounding undoes some", most(conjugate),
                                  most(conjugate) <= 20));
  report.findings.push_back(claim("L-BFGS at condition 10,000: by gradient descent's iterations",
                                  "below 1 %", lbfgs.y.back() / descent.y.back(),
                                  lbfgs.y.back() < 0.01 * descent.y.back()));
  report.findings.push_back(claim("Newton: the most at any condition", 1, most(newton), 0));
  return {.title = "What the condition does to each method",
          .x = {"condition number of the Hessian", true},
          .y = {"iterations", true, 0.8, 2e5},
          .series = {descent, momentum, conjugate, lbfgs, newton}};
}

// ---- hidden units that are exchanged

// w (7): two units and the output's offset, y = v₁·tanh(a₁x + b₁) + v₂·tanh(a₂x + b₂) + c.
Var two_units(const Var& w, const Var& x) {
  const auto unit = [&](std::size_t i) {
    return element(w, i + 2) * tanh(element(w, i) * x + element(w, i + 1));
  };
  return unit(0) + unit(3) + element(w, 6);
}

Tensor swapped(const Tensor& w) { return vector({w(3), w(4), w(5), w(0), w(1), w(2), w(6)}); }

// The weights of the 8 nets that compute the same as w: two orders of the units, and, since tanh is
// odd, two signs of each.
std::vector<Tensor> twins_of(const Tensor& w) {
  std::vector<Tensor> all;
  for (const Tensor& order : {w, swapped(w)})
    for (const Real first : {1, -1})
      for (const Real second : {1, -1}) {
        const Tensor signs = vector({first, first, first, second, second, second, 1});
        all.push_back(signs * order);
      }
  return all;
}

// The ends of Newton-CG from drawn starts: those without an error are at one of the 8 twins of the
// weights that made the data.
void trained_twins(const optim::Objective& loss, const Tensor& made_by, Rng& rng, Report& report) {
  constexpr int starts = 60;
  const std::vector<Tensor> twins = twins_of(made_by);
  int without_error = 0;
  double farthest = 0;
  std::set<std::size_t> reached;
  for (int i = 0; i < starts; ++i) {
    const auto end = optim::minimize(loss, 2 * normals({7}, rng), optim::newton_cg(),
                                     {.iterations = 500, .gradient_tolerance = 1e-12});
    if (!(end.value < 1e-15)) continue;
    ++without_error;
    std::vector<double> away;
    for (const Tensor& twin : twins) away.push_back(largest_difference(end.theta, twin));
    const auto nearest = std::min_element(away.begin(), away.end());
    farthest = std::max(farthest, *nearest);
    reached.insert(static_cast<std::size_t>(nearest - away.begin()));
  }
  report.findings.push_back(claim("60 drawn starts: ends without an error", "at least 15",
                                  without_error, without_error >= 15));
  report.findings.push_back(claim(
      "the farthest of them from the nearest of the 8 nets with the units in either order and "
      "with either sign",
      "at most 1e-8", farthest, farthest <= 1e-8));
  report.findings.push_back(claim("of these 8 nets, those that are reached", "at least 6",
                                  static_cast<double>(reached.size()), reached.size() >= 6));
}

// Compares the loss at drawn weights before and after an exchange: of whole units, and of their
// inputs alone.
void exchanges(const optim::Objective& loss, Rng& rng, Report& report) {
  constexpr int samples = 100;
  double change = 0;
  int others = 0;
  for (int i = 0; i < samples; ++i) {
    const Tensor w = 2 * normals({7}, rng);
    Tensor inputs = swapped(w);
    inputs(2) = w(2);
    inputs(5) = w(5);
    const double before = loss(w).item();
    change = std::max(change, std::abs(loss(swapped(w)).item() / before - 1));
    others += std::abs(loss(inputs).item() / before - 1) > 0.01;
  }
  report.findings.push_back(
      claim("100 drawn weights, the units change places: largest change of "
            "the loss, relative to it",
            "at most 1e-12", change, change <= 1e-12));
  report.findings.push_back(claim("their inputs alone do: losses of 100 that change by over 1 %",
                                  "at least 90", others, others >= 90));
}

plot::Chart permutations(const Settings& settings, Report& report) {
  const Var x = vector({-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2});
  const Tensor made_by = vector({1, 1, 1, 3, -3, 0.5, 0});
  const Var y = two_units(made_by, x);
  const optim::Objective loss = [=](const Var& w) { return mean(square(two_units(w, x) - y)); };
  const optim::MinimizeOptions exact{.gradient_tolerance = 1e-10};
  Rng rng(seed_of(settings, 1));
  exchanges(loss, rng, report);
  trained_twins(loss, made_by, rng, report);

  // the best net of one unit (a, b, v, c), and the same net with two equal units of half the weight
  const optim::Objective single = [=](const Var& w) {
    const Var h = tanh(element(w, 0) * x + element(w, 1));
    return mean(square(element(w, 2) * h + element(w, 3) - y));
  };
  const Tensor one = optim::minimize(single, vector({1, 0, 1, 0}), optim::newton_cg(), exact).theta;
  const Tensor twins = vector({one(0), one(1), one(2) / 2, one(0), one(1), one(2) / 2, one(3)});
  // down to either side: one unit's offset is raised, the other's lowered
  const Tensor push = vector({0, 0.5, 0, 0, -0.5, 0, 0});
  const Tensor a = optim::minimize(loss, twins + push, optim::newton_cg(), exact).theta,
               b = optim::minimize(loss, twins - push, optim::newton_cg(), exact).theta;
  const auto value = [&](const Tensor& w) { return static_cast<double>(loss(w).item()); };
  const double steepest = optim::norm_of(grad(loss)(twins).value(), optim::Norm::max);
  const Tensor curvatures = optim::eigenvalues(hessian(loss)(twins).value());

  report.findings.push_back(claim("two hidden units, trained: kind of the end", "minimum", value(a),
                                  optim::classify(loss, a) == CriticalPoint::minimum));
  const double off = largest_difference(b, swapped(a)), apart = largest_difference(a, b);
  report.findings.push_back(
      claim("the end on the other side of the saddle, from this one exchanged", "at most 1e-6", off,
            off <= 1e-6));
  report.findings.push_back(claim("the two ends, from each other", "above 1", apart, apart > 1));
  report.findings.push_back(claim("the best single unit, twice at half weight: largest |slope|",
                                  "0, to 1e-9", steepest, steepest <= 1e-9));
  report.findings.push_back(claim("lowest eigenvalue there", "saddle, below 0", curvatures(0),
                                  optim::classify(loss, twins) == CriticalPoint::saddle));

  // the plane through both minima and the saddle: u along the exchange, v along the rest
  const Tensor middle = (a + b) / 2, across = (b - a) / 2, along = twins - middle;
  plot::Chart chart{
      .title = "Between two places that differ by an exchange of units",
      .x = {"u: across the exchange (half the way = 1)"},
      .y = {"v: from the midpoint to the saddle"},
      .markers = {{-1, 0, "minimum"}, {1, 0, "the same, exchanged"}, {0, 1, "saddle"}}};
  chart.surface =
      plot::surface_of([&](double u, double v) { return value(middle + u * across + v * along); },
                       -1.6, 1.6, -0.8, 2, 121, 101);
  chart.surface->logarithmic = true;
  return chart;
}

Report critical_points(const Settings& settings) {
  Report report;
  classify_examples(report);
  plot::Chart growth = conditions(report), exchange = permutations(settings, report);
  report.figures = {
      {"condition",
       "Left: iterations until the gradient has fallen by 1e-6 on quadratics in ten dimensions. "
       "Gradient descent pays in proportion to the condition number, momentum by its root, "
       "conjugate gradients one iteration for each dimension, up to rounding, Newton a single "
       "one. Right: "
       "a network's two hidden units can change places, so each minimum has a twin of the same "
       "loss; between them lies a saddle, where both units are equal. The findings compare 100 "
       "nets "
       "with drawn weights, and train from 60 drawn starts.",
       {"Condition, and saddles from exchanged units", {std::move(growth), std::move(exchange)}}}};
  return report;
}

}  // namespace

std::vector<Lecture> critical_points_lectures() {
  return {{23, "critical-points", "van der Smagt, Glasgow, Southampton",
           "Critical points and condition",
           "The signs of the Hessian's eigenvalues say what kind of place it is, their ratio how "
           "hard the way there is.",
           critical_points}};
}

}  // namespace reel::descent
