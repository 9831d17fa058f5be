// Rows 14 to 16, 34 and 35: gradient descent with a fixed step.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/optim/minimize/analysis.h>
#include <reel/optim/minimize/gradient_descent.h>

#include "../lecture.h"
#include "../objectives.h"
#include "common.h"

namespace reel::descent {
namespace {

using optim::Norm;
using plot::Style;

double last(const optim::History& history) { return history.points().back()(0); }

// ---- row 14

// The loop from the notes: all θ until Σ|dL| ≤ tol, or until θ is NaN.
std::vector<double> gradient_descent_as_noted(double theta, double step, double tolerance) {
  const auto slope = grad(objectives::sphere);
  std::vector<double> points{theta};
  while (std::abs(slope(Var(theta)).item()) > tolerance) {
    theta -= step * slope(Var(theta)).item();
    points.push_back(theta);
  }
  return points;
}

Report tracked(const Settings&) {
  Report report;
  plot::Chart converging{.title = "steps below 1", .x = {"iteration"}, .y = {"loss θ²", true}},
      diverging{.title = "a step above 1", .x = {"iteration"}, .y = {"loss θ²", true}};
  const auto run = [&](double step) {
    auto result =
        optim::minimize(objectives::sphere, scalar(-10), optim::gradient_descent({.step = step}),
                        {.gradient_tolerance = 1e-4, .gradient_norm = Norm::l1});
    const std::string name = "δ = " + text(step);
    (step < 1 ? converging : diverging).series.push_back(losses(name, result.history));
    report.traces.push_back({name, result.history});
    return result;
  };
  const std::pair<double, int> notes[] = {{0.25, 19}, {0.01, 606}, {0.5, 2}, {0.98, 301}};
  for (const auto& [step, points] : notes) {
    const optim::Result result = run(step);
    report.findings.push_back(number("points tracked with δ = " + text(step), points,
                                     static_cast<double>(result.history.size()), 0));
    // |dL| = 2|θ|, by hand
    const std::vector<Tensor>& at = result.history.points();
    const auto first = std::find_if(
        at.begin(), at.end(), [](const Tensor& theta) { return 2 * std::abs(theta()) <= 1e-4; });
    report.findings.push_back(claim("number of the first of them at which 2|θ| ≤ 1e-4",
                                    "the last one's", static_cast<double>(first - at.begin() + 1),
                                    result.converged() && first + 1 == at.end()));
  }
  const std::vector<double> loop = gradient_descent_as_noted(-10, 1.5, 1e-4);
  report.findings.push_back(number("points that the notes' loop tracks with δ = 1.5, until NaN",
                                   1023, static_cast<double>(loop.size()), 0));
  report.findings.push_back(claim("the last of them", "NaN, the one before infinite",
                                  std::abs(loop.back()),
                                  std::isnan(loop.back()) && std::isinf(loop[loop.size() - 2])));
  const optim::Result diverged = run(1.5);
  report.findings.push_back(claim("point at which minimize reports divergence, δ = 1.5", 510,
                                  static_cast<double>(diverged.history.size()), 0));
  report.findings.push_back(
      claim("what it reports", "diverged, never converged: " + diverged.message,
            diverged.converged() ? 1 : 0, diverged.status == optim::Status::diverged));
  report.figures = {
      {"fixed-step",
       "Gradient descent on θ² from −10. Left: each step δ below 1 converges along a straight line "
       "on the log scale, δ = 0.5 in a single "
       "step (to a loss of 0, which has no place there); 0.01 is slow because it is short, 0.98 "
       "because "
       "it overshoots. Right: δ = 1.5 quadruples the loss in every step, until it overflows.",
       {"Gradient descent with a fixed step", {converging, diverging}}}};
  return report;
}

// ---- row 15

Report speeds(const Settings&) {
  Report report;
  plot::Picture parabolas{"Descent on f = x² from −1, 20 steps", {}};
  const auto run = [&](double step, const char* name) {
    const auto result =
        optim::minimize(objectives::sphere, vector({-1}), optim::gradient_descent({.step = step}),
                        {.iterations = 20, .gradient_tolerance = 0});
    plot::Series steps{"descent", {}, result.history.values(), Style::line_and_dots};
    for (const Tensor& theta : result.history.points()) steps.x.push_back(theta(0));
    const double reach = std::abs(last(result.history)) > 1 ? 2.4 : 1.2;
    parabolas.charts.push_back(
        {.title = std::string(name) + ": step " + text(step),
         .x = {"x"},
         .y = {"f"},
         .series = {curve(
                        "f = x²", [](double x) { return x * x; }, -reach, reach),
                    steps}});
    report.traces.push_back({name, result.history});
    return result.history;
  };
  // the factor 1 − 2·step of each iteration, described as in the notes
  const auto slow = run(0.05, "slow"), fast = run(0.2, "fast"), swings = run(0.9, "oscillating"),
             grows = run(1.02, "diverging");
  const auto flips = [](const optim::History& history) {
    int count = 0;
    for (std::size_t i = 1; i < history.size(); ++i)
      count += history.points()[i](0) * history.points()[i - 1](0) < 0;
    return count;
  };
  report.findings = {
      claim("|x| after 20 steps of 0.05: slow", "above 0.1, from one side", std::abs(last(slow)),
            std::abs(last(slow)) > 0.1 && flips(slow) == 0),
      claim("of 0.2: fast", "below 1e-4, from one side", std::abs(last(fast)),
            std::abs(last(fast)) < 1e-4 && flips(fast) == 0),
      claim("of 0.9: oscillating", "below 0.1, its sign changed 20 times", std::abs(last(swings)),
            std::abs(last(swings)) < 0.1 && flips(swings) == 20),
      claim("of 1.02: diverging", "above 2, its sign changed 20 times", std::abs(last(grows)),
            std::abs(last(grows)) > 2 && flips(grows) == 20)};

  // lengths in the ratio 5: curvatures in the ratio 25
  const optim::Objective valley = [](const Var& theta) {
    return 0.5 * (square(element(theta, 0)) + 25 * square(element(theta, 1)));
  };
  const optim::Objective bowl = [](const Var& theta) { return 0.5 * sum(square(theta)); };
  const auto from = vector({-9, 2});
  const auto zigzag = optim::minimize(valley, from, optim::gradient_descent({.step = 0.074}),
                                      {.iterations = 40, .gradient_tolerance = 0});
  const auto straight = optim::minimize(bowl, from, optim::gradient_descent({.step = 0.3}),
                                        {.iterations = 40, .gradient_tolerance = 0});
  int across = 0;
  double length = 0;
  const std::vector<Tensor>& at = zigzag.history.points();
  for (std::size_t i = 1; i < at.size(); ++i) {
    across += at[i](1) * at[i - 1](1) < 0;
    length += std::hypot(at[i](0) - at[i - 1](0), at[i](1) - at[i - 1](1));
  }
  const double detour = length / std::hypot(9, 2);
  double bend = 0;
  for (const Tensor& theta : straight.history.points())
    bend = std::max(bend, std::abs(2 * theta(0) + 9 * theta(1)) / std::hypot(9, 2));
  report.findings.push_back(
      claim("steps of 40 that cross the valley of ½(x² + 25y²)", "all", across, across == 40));
  report.findings.push_back(
      claim("length of that path, by the straight way's", "above 2", detour, detour > 2));
  report.findings.push_back(claim("distance of the path on ½(x² + y²) from a straight line",
                                  "at most 1e-14", bend, bend <= 1e-14));
  report.traces.push_back({"zig-zag", zigzag.history});
  report.traces.push_back({"straight", straight.history});
  const auto chart = [](std::string title, const optim::Objective& f, const optim::Result& result) {
    return plot::Chart{.title = std::move(title),
                       .x = {"x"},
                       .y = {"y"},
                       .series = {path("gradient descent", result.history)},
                       .surface = plot::surface_of(on_plane(f), -10, 2, -3, 3, 121, 61),
                       .markers = {{0, 0, "minimum"}},
                       .equal_scale = true};
  };
  report.figures = {
      {"speeds",
       "Descent on f = x² from −1. A step of 0.05 is slow and 0.2 fast, both from one side; 0.9 "
       "jumps across the minimum each time and still converges; 1.02 jumps further out each time.",
       std::move(parabolas)},
      {"zigzag",
       "Where the length scales differ (above: y is 5 times as short as x), the longest safe step "
       "is set by the steep direction and descent zig-zags across the valley; where they are equal "
       "(below) it goes straight to the minimum.",
       {"Differing length scales",
        {chart("½(x² + 25y²), step 0.074", valley, zigzag),
         chart("½(x² + y²), step 0.3", bowl, straight)},
        1}}};
  return report;
}

// ---- row 16

Report hills(const Settings&) {
  const optim::Objective downhill = [](const Var& theta) { return -objectives::two_hills(theta); };
  const Tensor starts[] = {vector({-2, 2}),  vector({-2.2, 0}), vector({0, 2.2}),
                           vector({2, 0.5}), vector({-1, -2}),  vector({2.2, 2})};
  const double maxima[][3] = {{-0.99351, 0.99590, 1.003367}, {0.78862, -1.22022, 1.424332}};
  Report report;
  plot::Chart chart{
      .title = "",
      .x = {"x"},
      .y = {"y"},
      .surface = plot::surface_of(on_plane(objectives::two_hills), -3, 3, -4, 3, 91, 106),
      .equal_scale = true};
  int reached[2] = {};
  double least_rise = std::numeric_limits<double>::infinity();
  for (const Tensor& start : starts) {
    const auto result = optim::minimize(downhill, start, optim::gradient_descent({.step = 0.1}),
                                        {.gradient_tolerance = 1e-9});
    const std::size_t which = result.theta(0) < 0 ? 0 : 1;
    const double(&notes)[3] = maxima[which];
    if (reached[which]++ == 0) {
      const std::string name = which == 0 ? "left maximum" : "right maximum";
      report.findings.push_back(claim(name + ", x", notes[0], result.theta(0), 0.5e-5));
      report.findings.push_back(claim(name + ", y", notes[1], result.theta(1), 0.5e-5));
      report.findings.push_back(claim(name + ", z", notes[2], -result.value, 0.5e-6));
      chart.markers.push_back({result.theta(0), result.theta(1), "z = " + text(-result.value, 4)});
    }
    const double away = std::hypot(result.theta(0) - notes[0], result.theta(1) - notes[1]);
    const std::string name = concat("(", text(start(0)), ", ", text(start(1)), ")");
    report.findings.push_back(claim(
        "from " + name + ": distance from the " + (which == 0 ? "left" : "right") + " maximum",
        "at most 1e-5", away, away <= 1e-5));
    const std::vector<double>& values = result.history.values();
    for (std::size_t i = 1; i < values.size(); ++i)
      least_rise = std::min(least_rise, values[i - 1] - values[i]);
    chart.series.push_back(path(
        which == 0 ? "ends at the left maximum" : "ends at the right maximum", result.history));
    report.traces.push_back({name, result.history});
  }
  report.findings.push_back(claim("starts of 6 that end at the left maximum",
                                  "3, the others at the right", reached[0],
                                  reached[0] == 3 && reached[1] == 3));
  report.findings.push_back(claim("smallest rise in a step", "not below rounding, −1e-15",
                                  least_rise, least_rise >= -1e-15));
  report.figures = {
      {"hills",
       "Gradient ascent on a surface with two maxima, from six starts: each path climbs "
       "across the level lines to the maximum whose slope it starts on, three to "
       "each; the left one is not the highest.",
       {"Ascent to one of two maxima", {std::move(chart)}, 1}}};
  return report;
}

// ---- row 34

// The largest |f(a) − f(b)|/|a − b| of f = θ² over pairs of random points of [−10, 10].
double sampled_constant(std::size_t pairs, Rng& rng) {
  double largest = 0;
  for (std::size_t i = 0; i < pairs; ++i) {
    const double a = rng.uniform(-10, 10), b = rng.uniform(-10, 10);
    largest = std::fmax(largest, std::abs((a * a - b * b) / (a - b)));
  }
  return largest;
}

Report safe_step(const Settings& settings) {
  constexpr std::size_t samples = 40;
  Report report;
  Rng rng(seed_of(settings, 1));
  plot::Series missing{"20 − K, mean of 40 samples", {}, {}, Style::line_and_dots},
      expected{"10√(π/pairs)", {}, {}, Style::dashes};
  double largest = 0, ratio_low = std::numeric_limits<double>::infinity(), ratio_high = 0;
  for (std::size_t pairs = 10; pairs <= 100'000; pairs *= 10) {
    double mean = 0;
    for (std::size_t i = 0; i < samples; ++i) {
      const double k = sampled_constant(pairs, rng);
      largest = std::max(largest, k);
      mean += (20 - k) / samples;
    }
    const auto n = static_cast<double>(pairs);
    missing.x.push_back(n);
    missing.y.push_back(mean);
    // K = max|a + b|, and |a + b| > 20 − s has the probability s²/400: 20 − K exceeds s with
    // (1 − s²/400)ⁿ, its mean is 10√(π/n) for large n
    expected.x.push_back(n);
    expected.y.push_back(10 * std::sqrt(std::numbers::pi / n));
    ratio_low = std::min(ratio_low, mean / expected.y.back());
    ratio_high = std::max(ratio_high, mean / expected.y.back());
  }
  const Tensor low = vector({-10}), high = vector({10});
  const double curvature =
      optim::gradient_lipschitz_constant(objectives::sphere, low, high, 100, rng);
  report.findings = {
      claim("Lipschitz constant of θ² on [−10, 10], the largest slope", 20,
            optim::lipschitz_constant(objectives::sphere, low, high, 1'000, rng), 1e-12),
      claim("the largest of 40 samples of 10 to 100,000 pairs of points each",
            "20, from below, to 0.03", largest, largest <= 20 && largest > 19.97),
      claim("their mean distance from 20, by 10√(π/pairs): the smallest of the five sizes",
            "above 0.65", ratio_low, ratio_low > 0.65),
      claim("the largest", "below 1.35", ratio_high, ratio_high < 1.35),
      claim("Lipschitz constant of its gradient", 2, curvature, 1e-9),
      claim("largest safe fixed step, 2/constant", 1, 2 / curvature, 1e-9)};

  plot::Series after{"|θ| after 50 steps", {}, {}, Style::line_and_dots},
      edge{"δ = 1", {1, 1}, {1e-16, 1e8}, Style::dashes};
  double worst_below = 0, least_above = std::numeric_limits<double>::infinity();
  for (int i = 1; i <= 60; ++i) {
    const double step = i * 0.02;
    const auto result =
        optim::minimize(objectives::sphere, vector({10}), optim::gradient_descent({.step = step}),
                        {.iterations = 50, .gradient_tolerance = -1});
    const double distance = std::abs(result.theta(0));
    after.x.push_back(step);
    after.y.push_back(distance);
    if (i < 50) worst_below = std::max(worst_below, distance);
    if (i > 50) least_above = std::min(least_above, distance);
    if (i == 50)
      report.findings.push_back(claim("|θ| after 50 steps of exactly 1, from 10", 10, distance, 0));
  }
  report.findings.push_back(claim("largest |θ| after 50 steps of 0.02 to 0.98", "below 10",
                                  worst_below, worst_below < 10));
  report.findings.push_back(
      claim("smallest after 50 steps of 1.02 to 1.2", "above 10", least_above, least_above > 10));
  report.figures = {
      {"safe-step",
       "Left: the Lipschitz constant K of θ² on [−10, 10], sampled from pairs of points, comes "
       "near "
       "20 from below; each mean is of 40 samples that share no pair. Right: how far from the "
       "minimum 50 steps from θ = 10 end, by the step: closer "
       "below δ = 2/2 = 1, where the gradient's constant 2 puts the bound, further off above it.",
       {"How long a step is safe?",
        {{.title = "the function's constant",
          .x = {"pairs sampled", true},
          .y = {"20 − largest |f(a) − f(b)| / |a − b|", true},
          .series = {missing, expected}},
         {.title = "descent on θ²",
          .x = {"step δ"},
          .y = {"|θ| after 50 steps", true, 1e-16, 1e8},
          .series = {after, edge}}}}}};
  return report;
}

// ---- row 35

Report plane(const Settings&) {
  struct Run {
    double x, y, step;
    int points;
  };
  const Run notes[] = {{30, -40, 0.1, 86},
                       {-10, 20, 0.1, 82},
                       {18, 19, 0.1, 83},
                       {18, 33, 0.1, 84},
                       {-13, -18, 0.9, 82}};
  Report report;
  plot::Chart chart{.title = "",
                    .x = {"θ₁"},
                    .y = {"θ₂"},
                    .surface = plot::surface_of(on_plane(objectives::sphere), -45, 45, -45, 45),
                    .equal_scale = true};
  double off_line = 0;
  for (const auto& [x, y, step, points] : notes) {
    const auto result =
        optim::minimize(objectives::sphere, vector({x, y}), optim::gradient_descent({.step = step}),
                        {.gradient_tolerance = 1e-6, .gradient_norm = Norm::l1});
    const std::string name = concat("(", text(x), ", ", text(y), "), δ = ", text(step));
    report.findings.push_back(claim("points tracked from " + name, points,
                                    static_cast<double>(result.history.size()), 0));
    for (const Tensor& at : result.history.points())
      off_line = std::max(off_line, std::abs(at(0) * y - at(1) * x) / std::hypot(x, y));
    chart.series.push_back(path(name, result.history));
    report.traces.push_back({name, result.history});
  }
  report.findings.push_back(claim("distance of any point from the line through start and minimum",
                                  "at most 1e-12", off_line, off_line <= 1e-12));
  report.figures = {
      {"plane",
       "Descent on θ₁² + θ₂² from five starts, over its level lines: on circles the "
       "slope points at the minimum, so every path is straight. δ = 0.1 comes from one "
       "side; δ = 0.9 jumps across the minimum in every step.",
       {"Descent in two dimensions", {std::move(chart)}, 1}}};
  return report;
}

}  // namespace

std::vector<Lecture> descent_lectures() {
  return {
      {14, "fixed-step", "Glasgow", "Gradient descent with a fixed step",
       "Every point is tracked, until Σ|dL| ≤ 1e-4: how many does it take, by the step δ?",
       tracked},
      {15, "speeds", "Southampton", "Slow, fast, oscillating, diverging",
       "What one number, the step, does on f = x², and what differing length scales do.", speeds},
      {16, "hills", "Southampton", "Ascent to one of two maxima",
       "Which maximum is found depends on the start.", hills},
      {34, "safe-step", "Glasgow", "The Lipschitz constant and the longest safe step",
       "Sampled pairs of points bound how steep a function is, and its gradient's constant "
       "bounds the step.",
       safe_step},
      {35, "plane", "Glasgow", "Descent in two dimensions",
       "Paths over the level lines, until Σ|dL| ≤ 1e-6.", plane}};
}

}  // namespace reel::descent
