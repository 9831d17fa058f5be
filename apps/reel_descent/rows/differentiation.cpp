// Rows 1 to 7: exact derivatives by automatic differentiation, with numerical ones beside them.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/engine/derivatives.h>
#include <reel/autodiff/inspect/check.h>
#include <reel/autodiff/ops/ops.h>

#include "../../common/text.h"
#include "../lecture.h"
#include "common.h"

namespace reel::descent {
namespace {

using Function = std::function<Var(const Var&)>;

// n numbers from low to high, both included.
Tensor linspace(double low, double high, std::size_t n) {
  Tensor x = uninitialized({n});
  for (std::size_t i = 0; i < n; ++i)
    x(i) = low + (high - low) / static_cast<double>(n - 1) * static_cast<double>(i);
  return x;
}

// ---- row 1

// f = (x + y)·z and its derivatives by q = x + y, x, y and z.
struct Graph {
  double q, f, by_q, by_x, by_y, by_z;
};

Graph graph_at(double at_x, double at_y, double at_z) {
  Tape tape;
  const Var x = tape.variable(scalar(at_x)), y = tape.variable(scalar(at_y)),
            z = tape.variable(scalar(at_z));
  const Var q = x + y;
  const Var f = q * z;
  const std::vector<Var> g = grad(f, {q, x, y, z});
  return {q.item(), f.item(), g[0].item(), g[1].item(), g[2].item(), g[3].item()};
}

Report graph(const Settings& settings) {
  constexpr double x = -2, y = 5, z = -4;
  const Graph found = graph_at(x, y, z);
  Rng rng(seed_of(settings, 1));
  double off = 0;
  for (int i = 0; i < 100; ++i) {
    const double a = rng.normal(), b = rng.normal(), c = rng.normal();
    const Graph drawn = graph_at(a, b, c);
    off = std::max(
        off, largest_difference(vector({(a + b) * c, c, c, c, a + b}),
                                vector({drawn.f, drawn.by_q, drawn.by_x, drawn.by_y, drawn.by_z})));
  }
  constexpr std::size_t inputs = 20, sums = 26;
  const auto node = [](const char* name, double value, double slope, std::size_t width) {
    return apps::padded(concat(name, " = ", text(value), ", ∂f/∂", name, " = ", text(slope), ' '),
                        width);
  };
  std::string bar;
  for (std::size_t i = 0; i < sums; ++i) bar += "─";
  return {
      .findings = {claim("f = (x + y)·z at (−2, 5, −4)", -12, found.f, 0),
                   claim("∂f/∂q, q = x + y", -4, found.by_q, 0), claim("∂f/∂x", -4, found.by_x, 0),
                   claim("∂f/∂y", -4, found.by_y, 0), claim("∂f/∂z", 3, found.by_z, 0),
                   claim("100 points drawn at random: largest difference of f, ∂f/∂q, ∂f/∂x, ∂f/∂y "
                         "and ∂f/∂z from (x + y)z, z, z, z and x + y",
                         0, off, 0)},
      .text = {node("x", x, found.by_x, inputs) + "┐",
               std::string(inputs, ' ') + "(+)─ " + node("q", found.q, found.by_q, sums - 5) + "┐",
               node("y", y, found.by_y, inputs) + "┘" + std::string(sums - 1, ' ') +
                   "(·)── f = " + text(found.f),
               node("z", z, found.by_z, inputs) + bar + "┘"}};
}

// ---- row 2

Var t_of(const Var& x) { return (1 - exp(-x)) / (1 + exp(-x)); }

Report slope(const Settings&) {
  const double exact = grad(t_of)(Var(1)).item();
  const double h = 1e-4, central = (t_of(1 + h).item() - t_of(1 - h).item()) / (2 * h);
  return {
      .findings = {number("t′(1) by automatic differentiation", 0.39322386648296376, exact, 1e-15),
                   number("t′(1) by central difference, h = 1e-4", 0.39322386636453377, central,
                          2e-12),
                   claim("error of the central difference", "h²/6·|t′′′(1)| = 1.18e-10, to 2 %",
                         std::abs(central - exact),
                         std::abs(std::abs(central - exact) / 1.1775e-10 - 1) < 0.02)},
      .text = {"t(x) = (1 − e⁻ˣ)/(1 + e⁻ˣ)"}};
}

// ---- row 3

Report chain(const Settings&) {
  const auto f = [](const Var& x) { return tanh(sum(square(x)) - 0.5); };
  const Tensor g = grad(f)(vector({-0.1, 0.2, 0.3})).value();
  return {.findings = {number("tanh(Σx² − ½) at (−0.1, 0.2, 0.6)", -0.08975778474716013,
                              f(vector({-0.1, 0.2, 0.6})).item(), 1e-15),
                       number("∂/∂x₁ at (−0.1, 0.2, 0.3)", -0.17616545, g(0), 0.5e-8),
                       number("∂/∂x₂", 0.35233091, g(1), 0.5e-8),
                       number("∂/∂x₃", 0.52849636, g(2), 0.5e-8)}};
}

// ---- row 4

// The derivative of this order of tanh(sx), a polynomial of y = tanh(sx): p₀ = y,
// pₙ₊₁ = s(1 − y²)·dpₙ/dy.
double derivative_of_tanh(std::size_t order, double s, double x) {
  std::vector<double> p{0, 1};
  for (std::size_t n = 0; n < order; ++n) {
    std::vector<double> next(p.size() + 1);
    for (std::size_t k = 1; k < p.size(); ++k) {
      const double slope = s * static_cast<double>(k) * p[k];
      next[k - 1] += slope;
      next[k + 1] -= slope;
    }
    p = std::move(next);
  }
  double value = 0;
  for (std::size_t k = p.size(); k-- > 0;) value = value * std::tanh(s * x) + p[k];
  return value;
}

// f′, f″, … of f = tanh(sx) by nesting, elementwise on the vector of x and five drawn points: at x
// beside the expected numbers, at all beside the closed form.
void nested(Report& report, const std::string& name, double s, Function f, double x, Rng& rng,
            const std::vector<double>& expected) {
  Tensor at = full({6}, x);
  for (std::size_t i = 1; i < at.size(); ++i) at(i) = rng.uniform(-2, 2);
  std::string primes;
  double off = 0;
  for (std::size_t order = 1; order <= expected.size(); ++order) {
    f = elementwise_grad(std::move(f));
    primes += "′";
    const double value = expected[order - 1];
    const Tensor y = f(at).value();
    report.findings.push_back(
        claim(name + primes + "(" + text(x) + ")", value, y(0), 1e-12 * std::abs(value)));
    Tensor exact = at;
    for (Real& element : exact) element = derivative_of_tanh(order, s, element);
    // the terms that cancel are as large as the largest of the values
    const double size = xt::amax(xt::abs(exact))();
    off = std::max(off, largest_difference(y, exact) / size);
  }
  report.findings.push_back(
      claim("the six derivatives of " + name +
                " there and at five points drawn from [−2, 2]: "
                "largest difference from the closed form, by the largest value of that order",
            "at most 1e-13", off, off <= 1e-13));
}

Report nesting(const Settings& settings) {
  const Function tanh_of = [](const Var& x) { return tanh(x); };
  Rng rng(seed_of(settings, 1));
  Report report;
  nested(report, "t", 0.5, t_of, 1, rng,
         {0.393223866482963705, -0.181715495345896819, -0.0706511610324712951, 0.247013722732786441,
          -0.102083952249106022, -0.566867817059244148});
  nested(report, "tanh", 1, tanh_of, 1, rng,
         {0.41997434161402607, -0.63970000844922450, 0.62162668077129626, 0.66509104475050168,
          -5.5568935584737198, 13.624075441312104});
  nested(report, "tanh", 1, tanh_of, 0.5, rng,
         {0.78644773296592741, -0.72686198138358728, -0.56520928825977036, 3.9522195637245831,
          -3.2666864719713927, -36.279540291791625});
  return report;
}

// ---- row 5

Report matrices(const Settings&) {
  const auto f = [](const Var& v) {
    const Var x = element(v, 0), y = element(v, 1), z = element(v, 2);
    return stack({x * y, y * y * z, x - 5 * z, x * y * z});
  };
  const auto g = [](const Var& v) {
    const Var x = element(v, 0), y = element(v, 1), z = element(v, 2);
    return x * x * y + y * z * z * z;
  };
  const Tensor at = vector({2, -3, 5}), v = vector({1, -2, 3});
  const auto off = [](std::string what, const Tensor& expected, const Tensor& found) {
    return claim(std::move(what) + ": largest difference from the closed form", 0,
                 largest_difference(expected, found), 0);
  };
  const Tensor gradient = vector({-12, 129, -225});
  const Tensor curvature = matrix({{-6, 4, 0}, {4, 0, 75}, {0, 75, -90}});
  return {
      .findings = {off("Jacobian, 4 × 3",
                       matrix({{-3, 2, 0}, {0, -30, 9}, {1, 0, -5}, {-15, 10, -6}}),
                       jacobian(f)(at).value()),
                   off("gradient", gradient, grad(g)(at).value()),
                   off("gradient as a Jacobian of one row", reshape(Var(gradient), {1, 3}).value(),
                       jacobian([&](const Var& x) { return reshape(g(x), {1}); })(at).value()),
                   off("Hessian", curvature, hessian(g)(at).value()),
                   off("Hessian as the Jacobian of the gradient", curvature,
                       jacobian(grad(g))(at).value()),
                   off("Hessian-vector product, without the Hessian", vector({-14, 229, -420}),
                       hvp(g, at, v).value())},
      .text = {"f = (xy, y²z, x − 5z, xyz) and g = x²y + yz³ at (2, −3, 5), v = (1, −2, 3)"}};
}

// ---- row 6

Report differences(const Settings&) {
  const auto f = [](const Var& x) { return pow(x, cos(x)); };
  const Tensor x = slice(Var(linspace(0, 20, 100)), 0, 1, 100).value();  // all but 0
  const Tensor exact = elementwise_grad(f)(x).value();
  const std::vector<std::pair<int, double>> expected{
      {0, 1.3e1}, {3, 1.4e-3}, {6, 8.9e-8}, {9, 1.3e-8}, {12, 8.0e-6}, {15, 7.8e-4}, {18, 5.7e-2}};
  Report report;
  std::vector<double> errors;
  for (const auto& [power, notes] : expected) {
    const double h = std::pow(5.0, -power);
    const Tensor above = f(Tensor(x + h)).value(), below = f(Tensor(x - h)).value();
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i)  // x − h < 0 has no power: fmax ignores the NaN
      worst = std::fmax(worst, std::abs((above(i) - below(i)) / (2 * h) - exact(i)));
    errors.push_back(worst);
    report.findings.push_back(claim("largest error with h = 5^−" + std::to_string(power),
                                    text(notes) + " within a factor 2", worst,
                                    worst < 2 * notes && worst > notes / 2));
  }
  const auto best = std::min_element(errors.begin(), errors.end()) - errors.begin();
  const bool valley = std::is_sorted(errors.begin(), errors.begin() + best + 1, std::greater<>()) &&
                      std::is_sorted(errors.begin() + best, errors.end());
  report.findings.push_back(claim("best power of 5, errors grow on both sides of it", "−9",
                                  -expected[static_cast<std::size_t>(best)].first,
                                  best == 3 && valley));
  const CheckReport checked =
      check_gradients([&](std::span<const Var> v) { return f(v[0]); }, {vector({0.5, 1, 3, 19})});
  report.findings.push_back(claim("derivatives that check_gradients finds wrong", "none",
                                  checked.ok ? 0 : 1, checked.ok));
  report.text = {"f = x^cos(x) over 99 points of (0, 20]; (f(x + h) − f(x − h))/2h"};
  return report;
}

// ---- row 7

using Field = std::pair<Tensor, Tensor>;

// The x and the y of the points of a square grid: each (n, n), y along the rows.
Field grid(double low, double high, std::size_t n) {
  const Var line = linspace(low, high, n);
  return {broadcast_to(line, {n, n}).value(), broadcast_to(reshape(line, {n, 1}), {n, n}).value()};
}

// g₁ − g₂ with g_σ(r) = exp(−r²/2σ²)/2πσ²
Var difference_of_gaussians(const Var& x, const Var& y) {
  const Var square_distance = x * x + y * y;
  const auto gaussian = [&](double variance) {
    return 0.5 / (std::numbers::pi * variance) * exp(square_distance * (-0.5 / variance));
  };
  return gaussian(1) - gaussian(4);
}

// ∂f/∂x and ∂f/∂y at each point of a grid: each value depends only on its own point.
Field gradient_field(const Field& at) {
  Tape tape;
  const Var x = tape.variable(at.first), y = tape.variable(at.second);
  const std::vector<Var> g = grad(sum(difference_of_gaussians(x, y)), {x, y});
  return {g[0].value(), g[1].value()};
}

Field numeric_field(const Field& at) {
  constexpr double h = 1e-5;
  const auto& [x, y] = at;
  const auto f = [](const Tensor& a, const Tensor& b) {
    return difference_of_gaussians(a, b).value();
  };
  return {Tensor((f(x + h, y) - f(x - h, y)) / (2 * h)),
          Tensor((f(x, y + h) - f(x, y - h)) / (2 * h))};
}

// The inner product of the light (0.5, 0.3, 0.5), divided by its norm, and the normalised normal
// (∂f/∂x, ∂f/∂y, 0.08), as in the notes.
Tensor shading(const Field& slope) {
  const double dz = 0.08, norm = std::sqrt(0.5 * 0.5 + 0.3 * 0.3 + 0.5 * 0.5);
  const auto& [fx, fy] = slope;
  return (0.5 * fx + 0.3 * fy + 0.5 * dz) / norm / xt::sqrt(fx * fx + fy * fy + dz * dz);
}

// The surface as characters: brighter places have denser characters; x to the right, y upwards.
std::vector<std::string> drawn(const Tensor& shade, std::size_t rows, std::size_t columns) {
  static const std::string_view inks = " .:-=+*#%@";
  const auto [low, high] = std::minmax_element(shade.begin(), shade.end());
  const std::size_t n = shade.shape()[0];
  std::vector<std::string> lines(rows);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) {
      const double here = shade(n - 1 - i * (n - 1) / (rows - 1), j * (n - 1) / (columns - 1));
      const double share = (here - *low) / (*high - *low);
      lines[i] += inks[std::min<std::size_t>(static_cast<std::size_t>(share * 10), 9)];
    }
  return lines;
}

Report fields(const Settings&) {
  const Field plane = grid(-5, 5, 50), fine = grid(-4, 4, 300);
  const Field exact = gradient_field(plane), numeric = numeric_field(plane);
  const double off = std::max(largest_difference(exact.first, numeric.first),
                              largest_difference(exact.second, numeric.second));
  const Field slope = gradient_field(fine);
  const Tensor shade = shading(slope);
  const double shade_off = largest_difference(shade, shading(numeric_field(fine)));
  const auto place = std::max_element(shade.begin(), shade.end()) - shade.begin();
  const double brightest = shade.data()[place],
               towards = std::atan2(slope.second.data()[place], slope.first.data()[place]);
  const Tensor origin = zeros({1});
  const auto height = [](double x, double y) {
    return difference_of_gaussians(vector({x}), vector({y})).value()(0);
  };
  const auto brightness = [](double x, double y) {
    return std::max(0.0, shading(gradient_field({vector({x}), vector({y})}))(0));
  };
  return {
      .findings = {claim("gradient fields, 50 × 50, beside finite differences", "at most 3e-11",
                         off, off <= 3e-11),
                   claim("shading, 300 × 300, beside that of finite differences", "at most 3e-10",
                         shade_off, shade_off <= 3e-10),
                   claim("the brightest point", 0.9996, brightest, 1e-4),
                   claim("the slope's direction there, the light's: atan2(0.3, 0.5)",
                         std::atan2(0.3, 0.5), towards, 0.02),
                   claim("level ground, the light's height by its length", 0.651,
                         shading(gradient_field({origin, origin}))(0), 5e-4)},
      .figures =
          {{"fields",
            "Left: the difference of Gaussians on [−5, 5]². Right: the light that falls on it by "
            "its gradient fields, on [−4, 4]²: the darker, the more; 0 where none falls.",
            {"A difference of Gaussians, and its shading",
             {plot::Chart{.title = "f",
                          .x = {"x"},
                          .y = {"y"},
                          .surface = plot::surface_of(height, -5, 5, -5, 5, 50, 50),
                          .equal_scale = true},
              plot::Chart{.title = "shading",
                          .x = {"x"},
                          .y = {"y"},
                          .surface = plot::surface_of(brightness, -4, 4, -4, 4, 150, 150),
                          .equal_scale = true}}}}},
      .text = drawn(shade, 24, 60)};
}

}  // namespace

std::vector<Lecture> differentiation_lectures() {
  return {
      {1, "graph", "CS231n", "A graph of two operations",
       "Every partial derivative of f = (x + y)·z, by one sweep back over the graph.", graph},
      {2, "slope", "Glasgow", "A derivative, exact and by central difference",
       "Automatic differentiation has rounding errors only; a difference quotient has h² more.",
       slope},
      {3, "chain", "Glasgow", "The chain rule: tanh(Σx² − k)",
       "A function of a vector, its value and its gradient.", chain},
      {4, "nesting", "Glasgow", "Six nested derivatives",
       "grad takes a function and returns one, so that it can be applied to its own result.",
       nesting},
      {5, "matrices", "Glasgow", "Jacobian, gradient, Hessian, Hessian-vector product",
       "The gradient is a Jacobian of one row, the Hessian the Jacobian of the gradient.",
       matrices},
      {6, "differences", "Glasgow, CS231n", "The error of numerical derivatives",
       "Too large an h cuts the series short, too small a one leaves only rounding noise.",
       differences},
      {7, "fields", "Glasgow", "Gradient fields of a difference of Gaussians",
       "Two slopes at every point of a grid, and how the surface looks under a light.", fields}};
}

}  // namespace reel::descent
