// The methods on all test functions: which minima they reach, as docs/minimize.md says, and how
// many evaluations they need compared with SciPy (golden/minimize.json).
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include <reel/optim/minimize/bfgs.h>
#include <reel/optim/minimize/conjugate_gradient.h>
#include <reel/optim/minimize/gradient_descent.h>
#include <reel/optim/minimize/lbfgs.h>
#include <reel/optim/minimize/least_squares.h>
#include <reel/optim/minimize/momentum.h>
#include <reel/optim/minimize/newton.h>
#include <reel/optim/minimize/newton_cg.h>
#include <reel/optim/minimize/random_restart.h>
#include <reel/optim/minimize/random_search.h>

#include "../../../apps/reel_descent/objectives.h"

namespace reel::inline REEL_PRECISION {
namespace optim {

using namespace objectives;
namespace {

using Json = nlohmann::json;

static_assert(sizeof(Real) == 8, "the minima are to be met to 1e-6");

constexpr double meets = 1e-6;

// max |θᵢ − θ*ᵢ| for the nearest minimum.
double distance(const TestFunction& on, const Tensor& theta) {
  double least = HUGE_VAL;
  for (const Minimum& minimum : on.minima) {
    double far = 0;
    for (std::size_t i = 0; i < theta.size(); ++i)
      far = std::max(far, std::abs(theta.data()[i] - minimum.theta.data()[i]));
    least = std::min(least, far);
  }
  return least;
}

Result run(const TestFunction& on, const Method& method, const MinimizeOptions& options) {
  return method.residuals ? minimize_least_squares(on.residuals, on.start, method, options)
                          : minimize(on.f, on.start, method, options);
}

// ---- which minima they reach

const std::map<std::string, Method>& methods() {
  using Formula = ConjugateGradientOptions::Formula;
  static const std::map<std::string, Method> all{
      {"gradient_descent:step=0.1", gradient_descent({.step = 0.1})},
      {"gradient_descent:line_search=backtracking",
       gradient_descent({.line_search = LineSearch::backtracking})},
      {"gradient_descent:line_search=strong_wolfe",
       gradient_descent({.line_search = LineSearch::strong_wolfe})},
      {"gradient_descent:line_search=exact", gradient_descent({.line_search = LineSearch::exact})},
      {"momentum:step=0.001", momentum({.step = 0.001})},
      {"nesterov:step=0.001", momentum({.step = 0.001, .nesterov = true})},
      {"conjugate_gradient", conjugate_gradient()},
      {"conjugate_gradient:formula=fletcher_reeves",
       conjugate_gradient({.formula = Formula::fletcher_reeves})},
      {"conjugate_gradient:line_search=exact",
       conjugate_gradient({.line_search = LineSearch::exact})},
      {"bfgs", bfgs()},
      {"bfgs:line_search=exact", bfgs({.line_search = LineSearch::exact})},
      {"lbfgs", lbfgs()},
      {"newton", newton()},
      {"damped_newton", damped_newton()},
      {"newton_cg", newton_cg()},
      {"gauss_newton", gauss_newton()},
      {"levenberg_marquardt", levenberg_marquardt()},
      {"hill_climbing:deviation=0.001", hill_climbing({.deviation = 0.001})},
      {"random_restart:of=lbfgs:restarts=200:deviation=2",
       random_restart(lbfgs(), {.restarts = 200,
                                .deviation = 2,
                                .options = {.gradient_tolerance = 1e-9, .value_tolerance = 0}})}};
  return all;
}

// The rows "| `method` | function function |" of the document.
std::map<std::string, std::vector<const TestFunction*>> declared() {
  std::ifstream file(REEL_SOURCE_DIR "/docs/minimize.md");
  REQUIRE_MESSAGE(file.good(), "docs/minimize.md cannot be read");
  std::map<std::string, std::vector<const TestFunction*>> rows;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "| method | functions |") inside = true;
    if (!line.starts_with('|')) inside = false;
    if (!inside || !line.starts_with("| `")) continue;
    const std::size_t end = line.find('`', 3), cell = line.find('|', end);
    auto& row = rows[line.substr(3, end - 3)];
    std::istringstream words(line.substr(cell + 1, line.rfind('|') - cell - 1));
    for (std::string word; words >> word;) {
      if (word != "unimodal") row.push_back(&test_function(word));
      for (const TestFunction& function : test_functions())
        if (word == "unimodal" && function.unimodal) row.push_back(&function);
    }
  }
  return rows;
}

TEST_CASE("battery: every method gets to a minimum of each function that the document names") {
  const auto rows = declared();
  REQUIRE(rows.size() == methods().size());
  std::size_t runs = 0;
  for (const auto& [method, functions] : rows) {
    const std::string& name = method;
    CAPTURE(name);
    REQUIRE(methods().count(name) == 1);
    REQUIRE(!functions.empty());
    for (const TestFunction* on : functions) {
      CAPTURE(on->name);
      const Result found = run(*on, methods().at(name),
                               {.iterations = 100'000,
                                .gradient_tolerance = 1e-9,
                                .value_tolerance = 0,
                                .keep_points = false});
      CAPTURE(found.message);
      CHECK(distance(*on, found.theta) <= meets);
      ++runs;
    }
  }
  CHECK(runs >= 190);
}

// ---- how many evaluations

const char* const columns[] = {"values", "gradients", "hessian_products", "jacobians"};

std::map<std::string, double> counts(const Evaluations& e) {
  const auto number = [](std::size_t n) { return static_cast<double>(n); };
  return {{"values", number(e.values)},
          {"gradients", number(e.gradients)},
          {"hessian_products", number(e.hessian_products)},
          {"jacobians", number(e.jacobians)}};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

std::string rounded(double value) {
  char text[16];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

TEST_CASE("battery: evaluations until a minimum is near, beside SciPy's") {
  const std::map<std::string, Method> own{{"conjugate gradient", conjugate_gradient()},
                                          {"BFGS", bfgs()},
                                          {"L-BFGS", lbfgs()},
                                          {"Newton-CG", newton_cg()},
                                          {"Levenberg-Marquardt", levenberg_marquardt()}};
  std::ifstream file(REEL_SOURCE_DIR "/tests/golden/minimize.json");
  REQUIRE_MESSAGE(file.good(), "tests/golden/minimize.json cannot be read");
  const Json golden = Json::parse(file);

  // by method and SciPy's method, and by column: the ratios; then the rows of the table
  std::map<std::string, std::map<std::string, std::vector<double>>> ratios;
  std::map<std::string, std::string> tables;
  for (const Json& peer : golden["runs"]) {
    const std::string method = peer["method"];
    const std::string pair = method + ", SciPy's " + peer["scipy"].get<std::string>();
    const TestFunction& on = test_function(peer["function"].get<std::string>());
    CAPTURE(pair);
    CAPTURE(on.name);
    const Result found =
        run(on, own.at(method), {.gradient_tolerance = 1e-14, .value_tolerance = 0});
    const auto& points = found.history.points();
    const auto reached =
        std::find_if(points.begin(), points.end(),
                     [&](const Tensor& theta) { return distance(on, theta) <= meets; }) -
        points.begin();
    REQUIRE(static_cast<std::size_t>(reached) < points.size());
    auto mine = counts(found.history.evaluations()[static_cast<std::size_t>(reached)]);
    tables[pair] += "| " + pair + " | " + on.name;
    for (const char* column : columns) {
      const double theirs = peer["until"].is_null() ? 0 : peer["until"][column].get<double>();
      const auto text = [](double x) { return std::to_string(static_cast<long>(x)); };
      tables[pair] += " | ";
      if (mine[column] > 0 || theirs > 0)
        tables[pair] += text(mine[column]) + " / " + (theirs > 0 ? text(theirs) : "–");
      if (theirs > 0) ratios[pair][column].push_back(mine[column] / theirs);
    }
    tables[pair] += " |\n";
  }

  std::string text = "| method | function | values | gradients | products | Jacobians |\n";
  text += "|---|---|---|---|---|---|\n";
  CHECK(ratios.size() == 6);
  for (auto& [methods_of_both, by_column] : ratios) {
    const std::string& pair = methods_of_both;
    CAPTURE(pair);
    text += tables[pair] + "| **" + pair + "** | **median ratio**";
    for (const char* column : columns) {
      text += " | ";
      if (by_column[column].empty()) continue;
      CAPTURE(column);
      CHECK(by_column[column].size() >= 10);
      CHECK(median(by_column[column]) <= 1.2);
      text += rounded(median(by_column[column]));
    }
    text += " |\n";
  }
  if (std::getenv("REEL_PRINT_COUNTS")) std::cout << text;
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
