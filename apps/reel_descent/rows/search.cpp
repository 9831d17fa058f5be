// Rows 25 to 27: search without gradients, restarts, and step functions made smooth by random
// shifts.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/autodiff/ops/selection.h>
#include <reel/optim/minimize/gradient_descent.h>
#include <reel/optim/minimize/lbfgs.h>
#include <reel/optim/minimize/momentum.h>
#include <reel/optim/minimize/random_restart.h>
#include <reel/optim/minimize/random_search.h>
#include <reel/optim/minimize/stochastic_relaxation.h>

#include "../lecture.h"
#include "../objectives.h"
#include "common.h"

namespace reel::descent {
namespace {

// ---- row 25

// Evaluations that a method needs on Σ θᵢ² from (1, …, 1) until the value is at most a quarter of
// the first.
std::size_t evaluations_to_quarter(std::size_t dimensions, const optim::Method& method) {
  double value = std::numeric_limits<double>::infinity();
  const auto result = optim::minimize(
      objectives::sphere, full({dimensions}, 1), method,
      {.iterations = 10'000'000,
       .keep_points = false,
       .on_iteration = [&](const optim::Iteration& now) { value = now.point.value; },
       .stop = [&] { return value <= 0.25; }});
  return result.evaluations.values;
}

// The factor by which each further dimension multiplies y: exp of the slope of log y, by least
// squares.
double factor_per_dimension(const plot::Series& counts) {
  const std::size_t n = counts.x.size();
  double x_mean = 0, y_mean = 0, xy = 0, xx = 0;
  for (std::size_t i = 0; i < n; ++i) {
    x_mean += counts.x[i] / static_cast<double>(n);
    y_mean += std::log(counts.y[i]) / static_cast<double>(n);
  }
  for (std::size_t i = 0; i < n; ++i) {
    xy += (counts.x[i] - x_mean) * (std::log(counts.y[i]) - y_mean);
    xx += (counts.x[i] - x_mean) * (counts.x[i] - x_mean);
  }
  return std::exp(xy / xx);
}

Report search_and_dimensions(const Settings& settings) {
  constexpr std::size_t most = 8, seeds = 40;
  plot::Series search{"random search", {}, {}, plot::Style::line_and_dots},
      climbing{"hill climbing", {}, {}, plot::Style::line_and_dots},
      descent{"gradient descent", {}, {}, plot::Style::line_and_dots},
      expected{"2ⁿ / volume of the ball", {}, {}, plot::Style::dashes};
  for (std::size_t n = 1; n <= most; ++n) {
    double searched = 0, climbed = 0;
    for (std::uint64_t k = 1; k <= seeds; ++k) {
      const std::uint64_t seed = seed_of(settings, k);
      searched += static_cast<double>(evaluations_to_quarter(
                      n, optim::random_search({.low = -1, .high = 1, .seed = seed}))) /
                  seeds;
      climbed += static_cast<double>(evaluations_to_quarter(
                     n, optim::hill_climbing({.deviation = 0.2, .seed = seed}))) /
                 seeds;
    }
    const auto dimensions = static_cast<double>(n);
    const double ball = std::pow(std::numbers::pi, dimensions / 2) /
                        std::tgamma(dimensions / 2 + 1) * std::pow(0.5, dimensions);
    for (plot::Series* series : {&search, &climbing, &descent, &expected})
      series->x.push_back(dimensions);
    search.y.push_back(searched);
    climbing.y.push_back(climbed);
    descent.y.push_back(
        static_cast<double>(evaluations_to_quarter(n, optim::gradient_descent({.step = 0.1}))));
    expected.y.push_back(std::pow(2, dimensions) / ball);
  }

  Report report;
  const double searched = factor_per_dimension(search), climbed = factor_per_dimension(climbing),
               largest = *std::max_element(descent.y.begin(), descent.y.end());
  report.findings = {claim("random search: evaluations, times this for each dimension", "above 3",
                           searched, searched > 3),
                     claim("hill climbing: the same", "below 2", climbed, climbed < 2),
                     claim("gradient descent: the most evaluations in any dimension", "at most 10",
                           largest, largest <= 10),
                     claim("random search in 8 dimensions: evaluations by the expected 16,147",
                           "between 0.5 and 2", search.y.back() / expected.y.back(),
                           std::abs(std::log2(search.y.back() / expected.y.back())) < 1)};
  plot::Chart counts{.title = "Evaluations until Σθᵢ² ≤ ¼",
                     .x = {.label = "dimensions n"},
                     .y = {.label = "evaluations, mean of 40 seeds", .logarithmic = true},
                     .series = {search, climbing, descent, expected}};

  plot::Chart values{.title = "The best value so far (dashes, dots: n = 32)",
                     .x = {.label = "evaluations", .logarithmic = true},
                     .y = {.label = "Σθᵢ² / n", .logarithmic = true, .low = 1e-5}};
  const auto draw = [&](std::string name, std::size_t n, const optim::Method& method,
                        plot::Style style) {
    auto result = optim::minimize(objectives::sphere, full({n}, 1), method,
                                  {.iterations = 3000, .gradient_tolerance = 1e-6});
    plot::Series series{std::move(name), {}, {}, style};
    const std::vector<double> best = result.history.best_values();
    for (std::size_t i = 0; i < best.size(); ++i) {
      series.x.push_back(static_cast<double>(i + 1));
      series.y.push_back(best[i] / static_cast<double>(n));
    }
    values.series.push_back(series);
    return series.y.back();
  };
  std::vector<double> ends;
  for (const std::size_t n : {2u, 8u, 32u})
    ends.push_back(draw("random search, n = " + std::to_string(n), n,
                        optim::random_search({.low = -1, .high = 1, .seed = seed_of(settings, 1)}),
                        plot::Style::line));
  draw("hill climbing", 32, optim::hill_climbing({.deviation = 0.05, .seed = seed_of(settings, 1)}),
       plot::Style::dashes);
  draw("gradient descent", 32, optim::gradient_descent({.step = 0.1}), plot::Style::dots);
  report.findings.push_back(claim("random search: Σθᵢ²/n after 3,000 evaluations, n = 32 by n = 2",
                                  "above 50", ends[2] / ends[0], ends[2] > 50 * ends[0]));
  report.figures = {
      {"search-and-dimensions",
       "Guessing hits a ball around the minimum once in as many trials as the ball fits into the "
       "cube: exponentially many in the dimension. Hill climbing needs more trials in more "
       "dimensions, but not by such a factor; the gradient shows the way in any.",
       {"Search in more and more dimensions", {counts, values}}}};
  return report;
}

// ---- row 26

constexpr double good = -1.0126;
constexpr std::size_t seeds_of_nightmare = 100;

// The best of `restarts` runs from starts around 0, for each seed.
std::vector<optim::Result> search_nightmare(const Settings& settings, const optim::Method& method,
                                            std::size_t restarts, double deviation) {
  std::vector<optim::Result> found;
  for (std::uint64_t k = 1; k <= seeds_of_nightmare; ++k)
    found.push_back(optim::minimize(
        objectives::nightmare, zeros({2}),
        optim::random_restart(method, {.restarts = restarts,
                                       .deviation = deviation,
                                       .seed = seed_of(settings, k),
                                       .options = {.iterations = 1000, .value_tolerance = 1e-4}})));
  return found;
}

// The values of all results, the lowest first.
std::vector<double> best_values(const std::vector<optim::Result>& found) {
  std::vector<double> values;
  for (const optim::Result& result : found) values.push_back(result.history.best_value());
  std::sort(values.begin(), values.end());
  return values;
}

// The points that L-BFGS reaches from the results of all seeds, the lowest first.
std::vector<optim::Point> exact_ends(const std::vector<optim::Result>& found) {
  std::vector<optim::Point> ends;
  for (const optim::Result& result : found) {
    const auto exact =
        optim::minimize(objectives::nightmare, result.history.best_theta(), optim::lbfgs(),
                        {.gradient_tolerance = 1e-9, .value_tolerance = 0});
    ends.push_back({exact.theta, exact.value});
  }
  std::sort(ends.begin(), ends.end(),
            [](const optim::Point& a, const optim::Point& b) { return a.value < b.value; });
  return ends;
}

double distance(const Tensor& a, const Tensor& b) { return std::hypot(a(0) - b(0), a(1) - b(1)); }

// The runs of a search in the plane as lines: the run with the best point, and the others.
std::vector<plot::Series> paths(const optim::History& history) {
  std::vector<plot::Series> others, best;
  const auto lowest = static_cast<std::size_t>(
      std::find(history.values().begin(), history.values().end(), history.best_value()) -
      history.values().begin());
  std::vector<std::size_t> ends = history.runs();
  ends.push_back(history.size());
  for (std::size_t run = 0; run + 1 < ends.size(); ++run) {
    const bool is_best = ends[run] <= lowest && lowest < ends[run + 1];
    plot::Series line{is_best ? "the best run" : "the others", {}, {}};
    for (std::size_t i = ends[run]; i < ends[run + 1]; ++i) {
      line.x.push_back(history.points()[i](0));
      line.y.push_back(history.points()[i](1));
    }
    (is_best ? best : others).push_back(std::move(line));
  }
  others.insert(others.end(), best.begin(), best.end());
  return others;
}

Report nightmare(const Settings& settings) {
  const std::vector<optim::Result> restarted = search_nightmare(
      settings,
      optim::momentum(
          {.step = 0.2, .momentum = 0.9, .start = optim::MomentumOptions::Start::gradient}),
      20, 2);
  const std::vector<optim::Result> plain =
      search_nightmare(settings, optim::gradient_descent({.step = 0.5}), 1, 4);
  const auto count_good = [](const std::vector<optim::Result>& found) {
    const std::vector<double> values = best_values(found);
    return static_cast<double>(std::lower_bound(values.begin(), values.end(), good) -
                               values.begin());
  };
  const std::vector<optim::Point> ends = exact_ends(restarted);
  const optim::Point& lowest = ends[0];
  const auto next = [&](const optim::Point& after) {
    return *std::find_if(ends.begin(), ends.end(), [&](const optim::Point& end) {
      return end.value > after.value && distance(end.theta, after.theta) > 1e-3;
    });
  };
  const optim::Point second = next(lowest), third = next(second);
  double apart = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count_good(restarted)); ++i)
    apart = std::max(apart, distance(ends[i].theta, lowest.theta));

  Report report;
  report.findings = {
      claim("random restart with momentum: seeds of 100 that end below −1.0126", "at least 40",
            count_good(restarted), count_good(restarted) >= 40),
      claim("plain descent: the same", "at most 15", count_good(plain), count_good(plain) <= 15),
      claim("the lowest minimum, by L-BFGS from there", -1.01363478, lowest.value, 1e-8),
      claim("its θ₁", -2.98620, lowest.theta(0), 5e-6),
      claim("its θ₂", 0.73939, lowest.theta(1), 5e-6),
      claim("L-BFGS from each of those seeds: the farthest end from there", "at most 1e-8", apart,
            apart <= 1e-8),
      claim("the next minimum", -1.00571, second.value, 5e-6),
      claim("the one after it", -1.00337, third.value, 5e-6)};

  plot::Chart landscape{
      .title = "20 runs with momentum, of one seed",
      .x = {.label = "θ₁", .low = -6, .high = 6},
      .y = {.label = "θ₂", .low = -5, .high = 5},
      .series = paths(restarted[0].history),
      .surface = plot::surface_of(on_plane(objectives::nightmare), -6, 6, -5, 5, 161, 161),
      .markers = {{lowest.theta(0), lowest.theta(1), "lowest minimum"}},
      .equal_scale = true};
  landscape.surface->logarithmic = true;
  plot::Chart ranks{.title = "The best value of each seed, sorted",
                    .x = {.label = "seeds"},
                    .y = {.label = "loss above the lowest minimum", .logarithmic = true}};
  const auto rank = [&](const std::string& name, const std::vector<double>& values) {
    plot::Series series{name, {}, {}};
    for (const double value : values) {
      series.x.push_back(static_cast<double>(series.x.size() + 1));
      series.y.push_back(value - lowest.value);
    }
    ranks.series.push_back(series);
  };
  rank("momentum, best of 20 restarts", best_values(restarted));
  rank("plain descent, one run", best_values(plain));
  ranks.series.push_back({"−1.0126",
                          {1, seeds_of_nightmare},
                          {good - lowest.value, good - lowest.value},
                          plot::Style::dashes});
  report.figures = {
      {"nightmare",
       "Left: 20 runs with momentum from random starts end in many places. Right: the best of 20 "
       "such runs is at the lowest minimum for about half of the seeds, and near it in value for "
       "the others; a single plain descent hardly ever is.",
       {"Random restarts on the nightmare function", {landscape, ranks}}}};
  report.traces = {{"momentum with restarts", restarted[0].history},
                   {"plain descent", plain[0].history}};
  return report;
}

// ---- row 27

// A series with a gap after x: a jump is no value.
plot::Series broken_after(double x, plot::Series series) {
  const auto at = std::upper_bound(series.x.begin(), series.x.end(), x) - series.x.begin();
  series.x.insert(series.x.begin() + at, x);
  series.y.insert(series.y.begin() + at, std::numeric_limits<double>::quiet_NaN());
  return series;
}

Report stochastic_relaxation(const Settings& settings) {
  constexpr double t = 1, deviation = 0.2;
  constexpr std::size_t samples = 2000;
  // [x > t], 0 at t
  const optim::Objective step = [=](const Var& x) { return maximum(sign(x - t), 0); };
  const auto smoothed = [&](std::uint64_t k) {
    return optim::stochastic_relaxation(step, {.deviation = deviation,
                                               .samples = samples,
                                               .seed = seed_of(settings, k),
                                               .elementwise = true});
  };
  const auto phi = [=](double x) {
    return std::erfc((t - x) / deviation / std::numbers::sqrt2) / 2;
  };
  const auto at = [](const optim::Objective& f) {
    return [f](double x) { return static_cast<double>(f(Var(static_cast<Real>(x))).item()); };
  };
  const plot::Series hard = broken_after(t, curve("hard step", at(step), 0, 2, 401)),
                     exact = curve("Φ((x − t)/0.2)", phi, 0, 2, 81, plot::Style::dashes),
                     mean = curve("smoothed step", at(smoothed(1)), 0, 2, 81);
  double worst = 0;  // in standard errors of a mean of Bernoulli trials
  for (std::size_t i = 0; i < exact.y.size(); ++i) {
    const double error = std::sqrt(exact.y[i] * (1 - exact.y[i]) / samples);
    worst = std::max(worst, std::abs(mean.y[i] - exact.y[i]) / std::max(error, 1.0 / samples));
  }

  const auto loss = [](const optim::Objective& f) {
    return [f](const Var& x) { return square(f(x) - 0.5); };
  };
  const auto descend = [&](std::uint64_t k) {
    return optim::minimize(loss(smoothed(k)), scalar(t + 0.3),
                           optim::gradient_descent({.step = 0.1}), {.iterations = 100});
  };
  double farthest = 0;
  for (std::uint64_t k = 1; k <= 20; ++k)
    farthest = std::max(farthest, std::abs(descend(k).theta() - t));
  const optim::Result descent = descend(1);

  Report report;
  const auto at_t = at(step);
  const double least = std::nextafter(t, 2.0);
  report.findings = {
      claim("the step at t", 0, at_t(t), 0),
      claim("the step at the next number above t", 1, at_t(least), 0),
      claim("smoothed step less Φ((x − t)/0.2), in standard errors, at 81 points", "at most 4",
            worst, worst <= 4),
      claim("end of the descent from t + 0.3, less t", 0, descent.theta() - t, 0.02),
      claim("the farthest end of 20 seeds from t", "at most 0.02", farthest, farthest <= 0.02)};
  plot::Series taken{"descent", {}, descent.history.values(), plot::Style::line_and_dots};
  for (const Tensor& x : descent.history.points()) taken.x.push_back(x());
  plot::Chart left{.title = "A step at t = 1",
                   .x = {.label = "x"},
                   .y = {.label = "the step, it"},
                   .series = {hard, mean, exact},
                   .markers = {{t, at_t(t), "0 at t"}}};
  plot::Chart right{.title = "(it − ½)²",
                    .x = {.label = "x"},
                    .y = {.label = "(it − ½)²"},
                    .series = {curve("hard step", at(loss(step)), 0, 2, 401),
                               curve("smoothed step", at(loss(smoothed(1))), 0, 2, 401), taken}};
  report.figures = {
      {"stochastic-relaxation",
       "A hard step has no slope to descend by. Averaged over 2,000 normal shifts of standard "
       "deviation 0.2 it follows the normal distribution's Φ, and (it − ½)², which was ¼ "
       "everywhere, becomes a valley that leads from t + 0.3 down to the step at t.",
       {"A step made smooth by random shifts", {left, right}}}};
  report.traces = {{"gradient descent", descent.history}};
  return report;
}

}  // namespace

std::vector<Lecture> search_lectures() {
  return {
      {25, "search-and-dimensions", "Neuromatch, Glasgow", "Search without gradients",
       "Random search, hill climbing and gradient descent on Σθᵢ², in more and more dimensions.",
       search_and_dimensions},
      {26, "nightmare", "Glasgow", "The nightmare function",
       "A function with many minima, nearly as low as the lowest: descent needs momentum and "
       "many starts.",
       nightmare},
      {27, "stochastic-relaxation", "Glasgow", "A step made smooth by random shifts",
       "A hard step, averaged over normal shifts, can be descended.", stochastic_relaxation}};
}

}  // namespace reel::descent
