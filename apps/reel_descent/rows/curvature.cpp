// Rows 17 to 19 and 29: methods that use the curvature, exactly or in part.
#include <algorithm>
#include <cmath>
#include <utility>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/engine/derivatives.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/nn/init.h>
#include <reel/optim/minimize/conjugate_gradient.h>
#include <reel/optim/minimize/gradient_descent.h>
#include <reel/optim/minimize/lbfgs.h>
#include <reel/optim/minimize/least_squares.h>
#include <reel/optim/minimize/newton.h>

#include "../../common/text.h"
#include "../lecture.h"
#include "../objectives.h"
#include "common.h"

namespace reel::descent {
namespace {

using optim::LineSearch;
using plot::Style;

// ‖θ − at‖₂ at each point of a search.
std::vector<double> errors(const optim::History& history, const Tensor& at) {
  std::vector<double> found;
  for (const Tensor& theta : history.points())
    found.push_back(optim::norm_of(theta - at, optim::Norm::l2));
  return found;
}

// y against its index, from 0.
plot::Series numbered(std::string name, std::vector<double> y, Style style = Style::line) {
  plot::Series series{std::move(name), {}, std::move(y), style};
  for (std::size_t i = 0; i < series.y.size(); ++i) series.x.push_back(static_cast<double>(i));
  return series;
}

// ---- row 17

// For Newton's method: eₖ₊₁/eₖ², while rounding, 1e-15, is small compared with eₖ₊₁.
std::vector<double> ratios(const std::vector<double>& error) {
  std::vector<double> found;
  for (std::size_t k = 0; k + 1 < error.size() && error[k + 1] > 1e-11; ++k)
    found.push_back(error[k + 1] / (error[k] * error[k]));
  return found;
}

Report newton(const Settings&) {
  const auto slope = grad(objectives::quartic);
  const auto bend = grad(slope);
  const Var five = 5;
  const auto search = [](const optim::Objective& f, const Tensor& start, std::size_t iterations) {
    return optim::minimize(f, start, optim::newton(),
                           {.iterations = iterations, .gradient_tolerance = 0});
  };
  Report report{.findings = {number("f′(5) of f = x⁴ − 40x² − 100x", 0, slope(five).item(), 0),
                             number("f″(5)", 220, bend(five).item(), 0)}};
  for (const std::size_t n : {1u, 10u}) {
    const auto found = search(objectives::quadratic(n == 1 ? 1 : 100, n), full({n}, -4), 1);
    report.findings.push_back(
        claim("distance from the minimum after one step on a quadratic, n = " + std::to_string(n),
              0, errors(found.history, full({n}, 1)).back(), 1e-13));
  }

  const auto line = search(objectives::quartic, scalar(6), 6);
  const auto plain = optim::minimize(objectives::quartic, scalar(6),
                                     optim::gradient_descent({.step = 0.002}), {.iterations = 50});
  const Tensor ones = full({10}, 1);
  const auto many = search(objectives::rosenbrock, full({10}, 1.1), 8);
  const std::vector<double> error = errors(line.history, scalar(5)),
                            many_errors = errors(many.history, ones);
  report.findings.push_back(number("minimum found from 6", 5, line.theta(), 1e-14));
  const std::vector<double> found = ratios(error), many_found = ratios(many_errors);
  for (std::size_t k = 0; k < found.size(); ++k)
    report.text.push_back(concat('e', k, " = ", text(error[k], 4), "   e", k + 1, "/e", k,
                                 "² = ", text(found[k], 7)));
  report.findings.push_back(
      claim("last ratio eₖ₊₁/eₖ² above rounding, → 3/11", 3. / 11, found.back(), 1e-5));
  bool closer = found.size() >= 4;
  for (std::size_t k = 1; k < found.size(); ++k)
    closer = closer && std::abs(found[k] - 3. / 11) < std::abs(found[k - 1] - 3. / 11);
  report.findings.push_back(claim("ratios, each closer to 3/11 than the one before", "at least 4",
                                  static_cast<double>(found.size()), closer));
  // the k for which eₖ is the first error below 1e-2 in ten dimensions
  const auto k = static_cast<std::size_t>(
      std::find_if(many_errors.begin(), many_errors.end(), [](double e) { return e < 1e-2; }) -
      many_errors.begin());
  double largest = 0;
  for (std::size_t i = k; i < many_found.size(); ++i) largest = std::max(largest, many_found[i]);
  report.findings.push_back(claim("ten dimensions, below 1e-2: largest eₖ₊₁/eₖ²",
                                  "below 20: errors ε, ~ε², ~ε⁴", largest,
                                  many_found.size() >= k + 2 && largest < 20));
  report.traces = {{"Newton", line.history},
                   {"gradient descent", plain.history},
                   {"Newton, ten dimensions", many.history}};
  report.figures = {
      {"newton",
       "Distance from the minimum. Gradient descent divides it by the same number in every step, a "
       "straight line on the log scale; Newton's method squares it, so that the line bends down "
       "ever faster, in ten dimensions as in one; the step after the last one drawn is at the "
       "minimum to rounding.",
       {"Newton's method squares the error",
        {{.title = "",
          .x = {"iteration", false, 0, 20},
          .y = {"distance from the minimum", true, 1e-16, 10},
          .series = {numbered("Newton, x⁴ − 40x² − 100x from 6", error, Style::line_and_dots),
                     numbered("gradient descent, step 0.002", errors(plain.history, scalar(5)),
                              Style::line_and_dots),
                     numbered("Newton, Rosenbrock's function of ten variables", many_errors,
                              Style::line_and_dots)}}},
        1}}};
  return report;
}

// ---- row 18

// ½θᵀAθ − bᵀθ with A = QΛQᵀ and random Q, Λ and b: the eigenvalues are 1, `condition` and others
// drawn between them, with a uniform logarithm.
optim::Objective random_quadratic(std::size_t n, double condition, Rng& rng) {
  const Tensor q = nn::initial_weight(n, n, nn::Init::orthogonal, rng), b = normals({n}, rng);
  Tensor lambda = uninitialized({n});
  lambda(0) = 1;
  lambda(n - 1) = condition;
  for (std::size_t i = 1; i + 1 < n; ++i) lambda(i) = std::pow(condition, rng.uniform());
  const Var qt = transpose(Var(q));
  return [=](const Var& theta) {
    return 0.5 * sum(lambda * square(matmul(qt, theta))) - dot(b, theta);
  };
}

// ‖g‖₂ at each point of a search, divided by its value at the start.
std::vector<double> falls(const optim::Objective& f, const optim::Method& method, std::size_t n,
                          std::size_t iterations) {
  const auto found =
      optim::minimize(f, zeros({n}), method, {.iterations = iterations, .gradient_tolerance = 0});
  std::vector<double> norms;
  for (const Tensor& theta : found.history.points())
    norms.push_back(optim::norm_of(grad(f)(theta).value(), optim::Norm::l2));
  const double first = norms.front();
  for (double& norm : norms) norm /= first;
  return norms;
}

Report conjugate_directions(const Settings& settings) {
  using Formula = optim::ConjugateGradientOptions::Formula;
  const std::pair<const char*, optim::Method> methods[] = {
      {"Polak–Ribière", optim::conjugate_gradient({.line_search = LineSearch::exact})},
      {"Fletcher–Reeves", optim::conjugate_gradient({.formula = Formula::fletcher_reeves,
                                                     .line_search = LineSearch::exact})},
      {"steepest descent", optim::gradient_descent({.line_search = LineSearch::exact})}};
  constexpr int samples = 11;
  Report report;
  plot::Chart after_n{.title = "after N steps, median of 11",
                      .x = {"dimensions N"},
                      .y = {"gradient's norm, by that at the start", true, 1e-16, 1}},
      steps{.title = "one of N = 10",
            .x = {"iteration"},
            .y = {"gradient's norm, by that at the start", true, 1e-16, 10}};
  for (const auto& [name, method] : methods) {
    plot::Series medians{name, {}, {}, Style::line_and_dots};
    int in_time = 0;
    double later = 0;  // the largest fall two steps later
    for (std::size_t n = 2; n <= 10; ++n) {
      Rng rng(seed_of(settings, n));
      std::vector<double> after;
      for (int i = 0; i < samples; ++i) {
        const auto norms = falls(random_quadratic(n, 100, rng), method, n, n + 2);
        after.push_back(norms[std::min(n, norms.size() - 1)]);
        in_time += after.back() <= 1e-6;
        later = std::max(later, norms.back());
      }
      medians.x.push_back(static_cast<double>(n));
      medians.y.push_back(median(after));
    }
    if (method.name != "gradient descent") {
      report.findings.push_back(
          claim(std::string(name) + ": of 99 drawn quadratics, 11 for each N = 2 … 10, those whose "
                                    "|g| after N steps is at most 1e-6 of that at the start",
                "at least 85", in_time, in_time >= 85));
      report.findings.push_back(claim("the largest |g| of all 99 after two more steps",
                                      "at most 1e-6", later, later <= 1e-6));
    } else {
      const double least = *std::min_element(medians.y.begin(), medians.y.end());
      report.findings.push_back(claim("steepest descent: smallest median after N steps",
                                      "above 0.1", least, least > 0.1));
    }
    after_n.series.push_back(std::move(medians));
    Rng rng(seed_of(settings, 1));
    steps.series.push_back(numbered(name, falls(random_quadratic(10, 100, rng), method, 10, 30),
                                    Style::line_and_dots));
  }
  after_n.series.push_back({"1e-6", {2, 10}, {1e-6, 1e-6}, Style::dashes});
  report.figures = {
      {"conjugate-gradient",
       "Quadratics with condition 100, their axes, their eigenvalues and their minima drawn at "
       "random, and exact line minimisation. Left: conjugate gradients end in N steps, where the "
       "gradient's norm is below a millionth of that at the start; where several eigenvalues are "
       "close together, rounding costs a step or two more. Steepest descent has hardly begun. "
       "Right: one of them step by step.",
       {"Conjugate gradients end in N steps", {std::move(after_n), std::move(steps)}}}};
  return report;
}

// ---- row 19

// The ν of a step p: (JᵀJ + ν)p = −g.
double damping(const Tensor& from, const Tensor& to) {
  const Tensor p = to - from, r = objectives::rosenbrock_residuals(from).value();
  const Tensor j = jacobian(objectives::rosenbrock_residuals)(from).value();
  const Tensor jp = matmul(Var(j), p).value();
  const Tensor rest = matmul(Var(Tensor(r + jp)), j).value();  // Jᵀ(r + Jp) = −νp
  return -dot(Var(rest), p).item() / dot(Var(p), p).item();
}

Report levenberg_marquardt(const Settings&) {
  const Tensor start = vector({-1.2, 1});
  const auto search = [&](const optim::Method& method) {
    return optim::minimize_least_squares(objectives::rosenbrock_residuals, start, method,
                                         {.gradient_tolerance = 1e-10});
  };
  const auto damped = search(optim::levenberg_marquardt()),
             full_steps = search(optim::gauss_newton());
  const std::vector<double>& values = damped.history.values();
  std::vector<double> nu;
  for (std::size_t k = 0; k + 1 < values.size(); ++k)
    nu.push_back(damping(damped.history.points()[k], damped.history.points()[k + 1]));
  int raised = 0, lowered = 0;
  for (std::size_t k = 1; k < nu.size(); ++k) (nu[k] > nu[k - 1] ? raised : lowered) += 1;
  // The factor of ν by the share of the predicted reduction that came true, unless a trial was
  // rejected in between.
  int follows = 0;
  for (std::size_t k = 0; k + 1 < nu.size(); ++k) {
    const Tensor &from = damped.history.points()[k], p = damped.history.points()[k + 1] - from;
    const Tensor j = jacobian(objectives::rosenbrock_residuals)(from).value();
    const Tensor jp = matmul(Var(j), p).value();
    const double predicted = 0.5 * sum(square(Var(jp))).item() + nu[k] * dot(Var(p), p).item();
    const double share = (values[k] - values[k + 1]) / predicted;
    const double factor =
        std::abs(share - 1) < 0.01 ? 1e-3 : std::max(0.1, 1 - std::pow(2 * share - 1, 3));
    follows += std::abs(nu[k + 1] / nu[k] / factor - 1) < 1e-3;
  }
  Report report;
  report.findings = {claim("x₁ from (−1.2, 1)", 1, damped.theta(0), 1e-9),
                     claim("x₂", 1, damped.theta(1), 1e-9),
                     claim("steps after which ν changes as predicted and actual reduction say",
                           "at least 8", follows, follows >= 8),
                     claim("steps after which ν is raised", "some", raised, raised > 0),
                     claim("steps after which it is lowered", "more", lowered, lowered > raised)};
  plot::Chart plane{
      .title = "paths",
      .x = {"x₁"},
      .y = {"x₂"},
      .series = {path("Levenberg–Marquardt", damped.history)},
      .surface = plot::surface_of(on_plane(objectives::rosenbrock), -1.5, 1.5, -0.7, 1.7)};
  plane.surface->logarithmic = true;
  plane.markers = {{1, 1, "minimum"}};
  plot::Chart loss{
      .title = "value and damping",
      .x = {"iteration"},
      .y = {"½‖r‖², ν", true, 1e-16, 1e5},
      .series = {losses("Levenberg–Marquardt", damped.history, 0, Style::line_and_dots),
                 losses("Gauss–Newton", full_steps.history, 0, Style::line_and_dots),
                 numbered("ν", nu, Style::line_and_dots)}};
  report.traces = {{"Levenberg-Marquardt", damped.history}, {"Gauss-Newton", full_steps.history}};
  report.figures = {
      {"levenberg-marquardt",
       "Left: the path along Rosenbrock's bent valley from (−1.2, 1). Right: half the squared "
       "residuals and the damping ν of each step. ν rises where the residuals bend and falls by "
       "the "
       "end, so that the last steps are Gauss–Newton's; those alone first throw the value up a "
       "hundredfold here.",
       {"Levenberg–Marquardt", {plane, loss}}}};
  return report;
}

// ---- row 29

// Σ 100(y − x²)² + (1 − x)² over pairs (x, y), the "extended Rosenbrock function" of Moré, Garbow
// and Hillstrom (ACM TOMS 7, 1981).
Var paired_valleys(const Var& theta) {
  const Var pairs = reshape(theta, {theta.value().size() / 2, 2});
  const Var x = slice(pairs, 1, 0, 1), y = slice(pairs, 1, 1, 2);
  return sum(100 * square(y - square(x)) + square(1 - x));
}

Report million(const Settings& settings) {
  Rng rng(seed_of(settings, 1));
  const Tensor pair = vector({-1.2, 1}) + 0.1 * normals({2}, rng);
  Report report;
  plot::Chart chart{.title = "",
                    .x = {"evaluations of value and gradient"},
                    .y = {"value / number of variables", true, 1e-16, 1e3}};
  for (const std::size_t n : {1'000u, 30'000u, 1'000'000u}) {
    Tensor start = uninitialized({n});
    for (std::size_t i = 0; i < n; ++i) start(i) = pair(i % 2);
    const auto found = optim::minimize(paired_valleys, start, optim::lbfgs(),
                                       {.value_tolerance = 0, .keep_points = false});
    plot::Series series{grouped(n) + " variables", {}, {}, Style::line_and_dots};
    for (std::size_t i = 0; i < found.history.size(); ++i) {
      series.x.push_back(static_cast<double>(found.history.evaluations()[i].gradients));
      series.y.push_back(found.history.values()[i] / static_cast<double>(n));
    }
    const std::string which = grouped(n) + " variables: ";
    report.findings.push_back(claim(which + "largest |slope| at the end", "converged, at most 1e-5",
                                    found.gradient_norm,
                                    found.converged() && found.gradient_norm <= 1e-5));
    report.findings.push_back(claim(which + "largest |θᵢ − 1| at the end", 0,
                                    largest_difference(found.theta, full({n}, 1)), 1e-4));
    const auto count = static_cast<double>(found.evaluations.gradients);
    report.findings.push_back(
        claim(which + "evaluations", "at most 100, whatever the size", count, count <= 100));
    chart.series.push_back(std::move(series));
    report.traces.push_back({which, found.history});
  }
  // the Hessian of a few variables, and what it would be for a million: bytes grow by n²
  constexpr std::size_t few = 400;
  const Tensor some = hessian(paired_valleys)(normals({few}, rng)).value();
  report.findings.push_back(
      claim("bytes of the Hessian of 400 variables, times (1,000,000/400)²: 8 TB", 8e12,
            static_cast<double>(some.size() * sizeof(Real)) * 2500 * 2500, 0));
  const auto evaluations = [&](std::size_t memory) {
    const auto found = optim::minimize(objectives::quadratic(1e4, few), zeros({few}),
                                       optim::lbfgs({.memory = memory}), {.value_tolerance = 0});
    return found.converged() ? static_cast<double>(found.evaluations.gradients) : HUGE_VAL;
  };
  const double saved = evaluations(10) / evaluations(1);
  report.findings.push_back(
      claim("ten pairs of steps and gradient changes: evaluations on a quadratic of 400 variables "
            "and condition 10,000, by those with one pair",
            "below 0.9", saved, saved < 0.9));
  report.figures = {
      {"million",
       "L-BFGS on Rosenbrock's valleys, half as many as there are variables, all from the same "
       "place, drawn around (−1.2, 1): a million variables take hardly more evaluations than a "
       "thousand. It keeps ten pairs of vectors, 160 MB for a million variables, where the Hessian "
       "would fill 8 TB.",
       {"A million variables", {std::move(chart)}, 1}}};
  return report;
}

}  // namespace

std::vector<Lecture> curvature_lectures() {
  return {
      {17, "newton", "Southampton, Glasgow", "Newton's method",
       "Steps by the exact Hessian: one for a quadratic, and near a minimum each squares the "
       "error.",
       newton},
      {18, "conjugate-gradient", "Southampton, van der Smagt", "Conjugate gradients",
       "Directions that do not undo each other's work: N steps for N dimensions.",
       conjugate_directions},
      {19, "levenberg-marquardt", "Southampton", "Levenberg–Marquardt",
       "For sums of squares: between descent and Gauss–Newton, by a damping ν that follows how "
       "well "
       "each step was predicted.",
       levenberg_marquardt},
      {29, "million", "Glasgow", "L-BFGS with a million variables",
       "The Hessian of a million parameters takes 8 TB; its effect, learnt from ten steps, 160 MB.",
       million}};
}

}  // namespace reel::descent
