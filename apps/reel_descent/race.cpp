// `reel-descent race`: methods from the same starts on the same function, as a table and a picture.
#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <iostream>
#include <limits>
#include <optional>
#include <utility>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/selection.h>
#include <reel/autodiff/tensor/gemm.h>

#include "../common/output.h"
#include "../common/text.h"
#include "commands.h"
#include "methods.h"
#include "objectives.h"
#include "report.h"
#include "rows/common.h"

namespace reel::descent {

using namespace apps;
using optim::Evaluations, optim::History, optim::Result, optim::Status, objectives::TestFunction;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Run {
  const Entrant* entrant;
  Tensor start;
  Result result;
  double distance;  // from the result to the nearest minimum
};

const TestFunction& function_named(const std::string& name) {
  std::vector<std::string> names;
  for (const TestFunction& function : objectives::test_functions()) {
    if (function.name == name) return function;
    names.push_back(function.name);
  }
  fail_usage("race", "there is no function \"", name, "\". Hint: ", nearest(name, names), '.');
}

double distance(const Tensor& a, const Tensor& b) {
  double length = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    length = std::hypot(length, static_cast<double>(a.data()[i] - b.data()[i]));
  return length;
}

double distance_to_minimum(const TestFunction& on, const Tensor& theta) {
  double least = infinity;
  for (const objectives::Minimum& minimum : on.minima)
    least = std::min(least, distance(theta, minimum.theta));
  return least;
}

double lowest_value(const TestFunction& on) {
  double lowest = infinity;
  for (const objectives::Minimum& minimum : on.minima) lowest = std::min(lowest, minimum.value);
  return lowest;
}

// A random start of the function's size: in the region to draw, or near the default start.
Tensor random_start(const TestFunction& on, Rng& rng) {
  Tensor start = on.start;
  for (std::size_t i = 0; i < start.size(); ++i)
    start.data()[i] = on.low.size() == 0 ? start.data()[i] + rng.normal()
                                         : rng.uniform(on.low.data()[i], on.high.data()[i]);
  return start;
}

// "-1.2,1;2,2;random:3".
std::vector<Tensor> parse_starts(const TestFunction& on, const RaceOptions& options) {
  if (options.starts.empty()) return {on.start};
  constexpr std::size_t most = 1000;
  Rng rng(options.seed);
  std::vector<Tensor> starts;
  for (const std::string& one : split(options.starts, ';')) {
    if (one.starts_with("random:")) {
      const std::size_t count = parse_count("starts", "random", split(one, ':')[1]);
      if (count == 0 || count > most)
        fail_usage("starts", one, ", expected 1 to ", most, " random starts.");
      for (std::size_t i = 0; i < count; ++i) starts.push_back(random_start(on, rng));
      continue;
    }
    const std::vector<std::string> numbers = split(one, ',');
    if (numbers.size() != on.start.size())
      fail_usage("starts", '"', one, "\" has ", numbers.size(), " numbers, but ", on.name, " has ",
                 on.start.size(), " dimensions. Hint: 1,2;3,4 are two starts of two numbers.");
    Tensor start = on.start;
    for (std::size_t i = 0; i < numbers.size(); ++i)
      start.data()[i] = parse_number("starts", '"' + one + '"', numbers[i]);
    starts.push_back(std::move(start));
  }
  return starts;
}

Run run(const TestFunction& on, const Entrant& entrant, const Tensor& start, bool keep_points) {
  const optim::MinimizeOptions options{.keep_points = keep_points};
  Result result;
  if (entrant.method.residuals) {
    // ½‖√2·r‖² is the function itself, so values and tolerances are those of the other methods.
    const auto residuals = [&](const Var& theta) {
      return std::sqrt(Real(2)) * on.residuals(theta);
    };
    result = optim::minimize_least_squares(residuals, start, entrant.method, options);
  } else {
    result = optim::minimize(on.f, start, entrant.method, options);
  }
  if (result.error) std::rethrow_exception(result.error);
  const double left = distance_to_minimum(on, result.theta);
  return {&entrant, start, std::move(result), left};
}

// The number of sweeps over the function: a Hessian needs one for each element of θ, a Jacobian one
// for each residual.
std::size_t sweeps(const Evaluations& e, std::size_t parameters, std::size_t residuals) {
  return e.values + e.gradients + e.hessian_products + parameters * e.hessians +
         residuals * e.jacobians;
}

struct Sizes {
  std::size_t parameters, residuals;
};

Sizes sizes_of(const TestFunction& on) {
  const NoTape off;
  return {on.start.size(), on.residuals ? on.residuals(Var(on.start)).value().size() : 0};
}

// ---- text

std::string text_of(const Tensor& theta) {
  constexpr std::size_t most = 4;
  std::string text = "(";
  for (std::size_t i = 0; i < std::min(theta.size(), most); ++i)
    text += (i == 0 ? "" : ", ") + significant(theta.data()[i], 4);
  return text + (theta.size() > most ? ", …)" : ")");
}

using Cells = std::vector<std::string>;

// Prints the first `left` columns aligned to the left, the others to the right.
void print_table(const std::vector<Cells>& rows, std::size_t left) {
  std::vector<std::size_t> widths(rows[0].size(), 0);
  for (const Cells& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width_of(row[c]));
  for (const Cells& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c)
      line += (c == 0 ? "" : "  ") + padded(row[c], widths[c], c >= left);
    std::cout << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
  }
}

void print_runs(const std::vector<Run>& runs, const Sizes& sizes) {
  using Count = std::pair<const char*, std::size_t Evaluations::*>;
  std::vector<Count> counts;
  for (const Count& count : {Count{"values", &Evaluations::values},
                             {"gradients", &Evaluations::gradients},
                             {"Hessians", &Evaluations::hessians},
                             {"products", &Evaluations::hessian_products},
                             {"Jacobians", &Evaluations::jacobians}})
    if (std::any_of(runs.begin(), runs.end(),
                    [&](const Run& run) { return run.result.evaluations.*count.second > 0; }))
      counts.push_back(count);
  std::vector<Cells> rows{{"method", "start", "status", "iterations"}};
  for (const auto& [name, member] : counts) rows[0].push_back(name);
  for (const char* name : {"sweeps", "value", "distance"}) rows[0].push_back(name);
  for (const Run& one : runs) {
    const Result& r = one.result;
    Cells cells{one.entrant->name, text_of(one.start), to_string(r.status), grouped(r.iterations)};
    for (const auto& [name, member] : counts) cells.push_back(grouped(r.evaluations.*member));
    cells.push_back(grouped(sweeps(r.evaluations, sizes.parameters, sizes.residuals)));
    cells.push_back(significant(r.value, 4));
    cells.push_back(significant(one.distance, 3));
    rows.push_back(std::move(cells));
  }
  print_table(rows, 3);
}

nlohmann::ordered_json json_of(const Run& run, const TestFunction& on, const Sizes& sizes) {
  const auto numbers = [](const Tensor& t) {
    return std::vector<Real>(t.data(), t.data() + t.size());
  };
  const Result& r = run.result;
  return {{"method", run.entrant->name},
          {"on", on.name},
          {"start", numbers(run.start)},
          {"status", to_string(r.status)},
          {"message", r.message},
          {"iterations", r.iterations},
          {"evaluations", to_json(r.evaluations)},
          {"sweeps", sweeps(r.evaluations, sizes.parameters, sizes.residuals)},
          {"theta", numbers(r.theta)},
          {"value", r.value},
          {"gradient_norm", r.gradient_norm},
          {"distance", run.distance},
          {"trace", to_json(r.history)}};
}

// ---- picture

// For guesses, the path of the best so far; for restarts, each run separately.
plot::Series path_of(const Run& run) {
  const History& history = run.result.history;
  plot::Series series{run.entrant->name, {}, {}, plot::Style::line};
  const auto& starts = history.runs();
  double best = infinity;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (run.entrant->guesses && !(history.values()[i] < best)) continue;
    best = history.values()[i];
    if (i > 0 && std::binary_search(starts.begin(), starts.end(), i)) {
      series.x.push_back(NAN);
      series.y.push_back(NAN);
    }
    series.x.push_back(history.points()[i](0));
    series.y.push_back(history.points()[i](1));
  }
  return series;
}

plot::Series losses_of(const Run& run, double lowest, const Sizes& sizes) {
  const History& history = run.result.history;
  const bool best = run.entrant->guesses || history.runs().size() > 1;
  const std::vector<double> values = best ? history.best_values() : history.values();
  plot::Series series{run.entrant->name, {}, {}, plot::Style::line};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t taken = sweeps(history.evaluations()[i], sizes.parameters, sizes.residuals);
    series.x.push_back(static_cast<double>(taken));
    series.y.push_back(values[i] - lowest);
  }
  return series;
}

// The region to draw, extended to contain the starts; the paths may leave it.
plot::Chart contours(const TestFunction& on, const std::vector<Run>& runs) {
  std::array<double, 2> low{on.low(0), on.low(1)}, high{on.high(0), on.high(1)};
  for (const Run& run : runs)
    for (std::size_t i = 0; i < 2; ++i) {
      const double margin = 0.05 * (on.high(i) - on.low(i)), at = run.start(i);
      low[i] = std::min(low[i], at - margin);
      high[i] = std::max(high[i], at + margin);
    }
  plot::Chart chart{"Paths", {"θ₁"}, {"θ₂"}};
  chart.surface = plot::surface_of(on_plane(on.f), low[0], high[0], low[1], high[1]);
  chart.surface->logarithmic = static_cast<bool>(on.residuals);
  const double ratio = (high[0] - low[0]) / (high[1] - low[1]);
  chart.equal_scale = ratio > 1.0 / 3 && ratio < 3;
  for (const Run& run : runs) chart.series.push_back(path_of(run));
  for (const objectives::Minimum& minimum : on.minima)
    chart.markers.push_back({minimum.theta(0), minimum.theta(1), "minimum"});
  for (const Run& run : runs)
    if (run.entrant == runs[0].entrant)
      chart.markers.push_back({run.start(0), run.start(1), "start"});
  return chart;
}

// An upper limit above the starts, if a run goes beyond it: otherwise a run that diverges would
// leave no space for the others.
std::optional<double> cap(const std::vector<plot::Series>& losses) {
  double start = 0, most = 0;
  for (const plot::Series& series : losses) {
    if (series.y[0] > start && std::isfinite(series.y[0])) start = series.y[0];
    for (const double loss : series.y) most = loss > most ? loss : most;
  }
  const double limit = 1e3 * start;
  return start > 0 && most > limit && limit < 1e300 ? std::optional(limit) : std::nullopt;
}

plot::Picture picture(const TestFunction& on, const std::vector<Run>& runs, const Sizes& sizes) {
  plot::Chart losses{
      "Loss above the minimum", {"sweeps over the function", true}, {"f(θ) − f(minimum)", true}};
  for (const Run& run : runs) losses.series.push_back(losses_of(run, lowest_value(on), sizes));
  losses.y.high = cap(losses.series);
  plot::Picture picture{on.name + ": " + on.formula, {}};
  if (on.low.size() == 2) picture.charts.push_back(contours(on, runs));
  picture.charts.push_back(std::move(losses));
  return picture;
}

}  // namespace

std::vector<std::string> function_names() {
  std::vector<std::string> names;
  for (const TestFunction& function : objectives::test_functions()) names.push_back(function.name);
  return names;
}

int race(const RaceOptions& options) {
  const TestFunction& on = function_named(options.on);
  const auto entrants = parse_methods(options.methods, options.iterations, options.seed);
  for (const Entrant& entrant : entrants)
    if (entrant.method.residuals && !on.residuals)
      fail_usage("race", entrant.name, " needs residuals, but ", on.name,
                 " is no sum of squares. Hint: --on rosenbrock.");
  const std::vector<Tensor> starts = parse_starts(on, options);
  if (!options.out.empty()) check_can_write(options.out, "out");
  const Sizes sizes = sizes_of(on);
  std::ostream& out = options.json ? std::cerr : std::cout;
  out << on.name << ": " << on.formula << '\n'
      << "seed " << options.seed << ", double precision, " << blas_name() << ", "
      << counted(threads(), "thread") << '\n';

  std::vector<Run> runs;
  std::size_t diverged = 0;
  for (const Tensor& start : starts)
    for (const Entrant& entrant : entrants) {
      runs.push_back(run(on, entrant, start, options.json || !options.out.empty()));
      diverged += runs.back().result.status == Status::diverged;
      if (!options.json) continue;
      std::cout << json_line(json_of(runs.back(), on, sizes));
    }
  if (!options.json) {
    std::cout << '\n';
    print_runs(runs, sizes);
  }
  if (!options.out.empty()) {
    write_file(options.out, "out", plot::svg(picture(on, runs, sizes)));
    out << "\nDrawn in " << printable(options.out) << ".\n";
  }
  if (diverged == runs.size())
    fail(Error::Kind::diverged, "race",
         runs.size() == 1 ? std::string("the run") : concat("all ", runs.size(), " runs"),
         " diverged. Hint: a smaller step.");
  return 0;
}

}  // namespace reel::descent
