// The systems from the lecture notes that differentiate functions of one and two variables: rows 5,
// 6, 7 and 34 of the list.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <utility>
#include <vector>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/engine/derivatives.h>
#include <reel/autodiff/ops/ops.h>

#include "../near.h"

namespace reel::inline REEL_PRECISION {
namespace {

// n numbers from low to high, both included, like NumPy's linspace.
Tensor linspace(double low, double high, std::size_t n) {
  Tensor x = uninitialized({n});
  for (std::size_t i = 0; i < n; ++i)
    x(i) =
        static_cast<Real>(low + (high - low) / static_cast<double>(n - 1) * static_cast<double>(i));
  return x;
}

// The x and the y of the points of a square grid: each (n, n), y along the rows.
std::pair<Tensor, Tensor> grid(double low, double high, std::size_t n) {
  const Tensor line = linspace(low, high, n);
  return {reel::broadcast_to(line, {n, n}),
          reel::broadcast_to(reel::reshape(line, {n, 1}), {n, n})};
}

// g₁ − g₂, with g_σ(r) = exp(−r²/2σ²)/2πσ² around the origin
constexpr double narrow_width = 1, wide_width = 2;

Var difference_of_gaussians(const Var& x, const Var& y) {
  const Var square_distance = x * x + y * y;
  const auto gaussian = [&](double sigma) {
    const double v = sigma * sigma;
    return Real(0.5 / (std::numbers::pi * v)) * exp(square_distance * Real(-0.5 / v));
  };
  return gaussian(narrow_width) - gaussian(wide_width);
}

using Field = std::pair<Tensor, Tensor>;

// ∂f/∂x and ∂f/∂y at each point of a grid: each value depends only on its own point.
Field gradient_field(const Tensor& x, const Tensor& y) {
  Tape tape;
  const Var px = tape.variable(x), py = tape.variable(y);
  const auto g = grad(sum(difference_of_gaussians(px, py)), {px, py});
  return {g[0].value(), g[1].value()};
}

Field numeric_field(const Tensor& x, const Tensor& y, Real h) {
  const auto f = [](const Tensor& a, const Tensor& b) {
    return difference_of_gaussians(a, b).value();
  };
  return {Tensor((f(x + h, y) - f(x - h, y)) / (2 * h)),
          Tensor((f(x, y + h) - f(x, y - h)) / (2 * h))};
}

// The brightness of a surface with these slopes under a light: the inner product of the light and
// the normalised normal (−∂f/∂x, −∂f/∂y, dz).
Tensor shading(const Field& slope, const std::vector<Real>& light, Real dz) {
  const auto& [fx, fy] = slope;
  return (light[2] * dz - light[0] * fx - light[1] * fy) / xt::sqrt(fx * fx + fy * fy + dz * dz);
}

Real largest(const Tensor& x) { return item(reel::max(x)); }

}  // namespace

// ---- row 5

TEST_CASE("row 5: the Jacobian of a vector function, m × n") {
  // integers, so that nothing is rounded
  const auto f = [](const Var& v) {
    const Var x = slice(v, 0, 0, 1), y = slice(v, 0, 1, 2), z = slice(v, 0, 2, 3);
    return concatenate({x * y, y * y * z, x - 5 * z, x * y * z});
  };
  const Tensor at = vector({2, -3, 5});
  CHECK(jacobian(f)(at).value() == matrix({{-3, 2, 0}, {0, -30, 9}, {1, 0, -5}, {-15, 10, -6}}));
}

TEST_CASE("row 5: the gradient is the Jacobian with one row, the Hessian that of the gradient") {
  const auto f = [](const Var& v) {  // x²y + yz³
    const Var x = slice(v, 0, 0, 1), y = slice(v, 0, 1, 2), z = slice(v, 0, 2, 3);
    return x * x * y + y * z * z * z;
  };
  const auto total = [&](const Var& v) { return sum(f(v)); };
  const Tensor at = vector({2, -3, 5});
  const Tensor g = vector({-12, 129, -225});
  CHECK(jacobian(f)(at).value() == reel::reshape(g, {1, 3}));
  CHECK(grad(total)(at).value() == g);
  const Tensor h = matrix({{-6, 4, 0}, {4, 0, 75}, {0, 75, -90}});
  CHECK(hessian(total)(at).value() == h);
  CHECK(jacobian(grad(total))(at).value() == h);
  // H·v without forming the Hessian
  const Tensor v = vector({1, -2, 3});
  CHECK(hvp(total, at, v).value() == vector({-14, 229, -420}));
  CHECK(matmul(Var(h), Var(v)).value() == vector({-14, 229, -420}));
}

// ---- row 6

TEST_CASE("row 6: the error of a numerical derivative of x^cos(x)") {
  const auto f = [](const Var& x) { return pow(x, cos(x)); };
  const Tensor x = slice(Var(linspace(0, 20, 100)), 0, 1, 100).value();  // all but 0
  const Tensor exact = elementwise_grad(f)(x).value();
  // the largest |numeric − exact| over the points; ignores NaN, which occurs where x − h < 0
  std::vector<double> errors;
  std::vector<int> compared;
  for (const int power : {0, 3, 6, 9, 12, 15, 18}) {
    const Real h = static_cast<Real>(std::pow(5.0, -power));
    const Tensor above = f(Tensor(x + h)).value(), below = f(Tensor(x - h)).value();
    double worst = 0;
    int count = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double error = std::abs((above(i) - below(i)) / (2 * h) - exact(i));
      if (std::isnan(error)) continue;
      worst = std::max(worst, error);
      ++count;
    }
    errors.push_back(worst);
    compared.push_back(count);
  }
  CHECK(compared == std::vector<int>{95, 99, 99, 99, 99, 99, 99});
  const std::vector<double> expected{1.3e1, 1.4e-3, 8.9e-8, 1.3e-8, 8.0e-6, 7.8e-4, 5.7e-2};
  for (std::size_t i = 0; i < errors.size(); ++i) {
    CAPTURE(i);
    CAPTURE(errors[i]);
    CHECK(errors[i] < 2 * expected[i]);
    CHECK(errors[i] > expected[i] / 2);
  }
  const auto best = std::min_element(errors.begin(), errors.end());
  CHECK(best - errors.begin() == 3);  // h = 5⁻⁹
  CHECK(std::is_sorted(errors.begin(), best + 1, std::greater<>()));
  CHECK(std::is_sorted(best, errors.end()));
}

TEST_CASE("row 6: the exact derivative of x^cos(x)") {
  const auto f = [](const Var& x) { return pow(x, cos(x)); };
  for (const double x : {0.5, 1.0, 3.0, 19.0}) {
    const double expected =
        std::pow(x, std::cos(x)) * (std::cos(x) / x - std::sin(x) * std::log(x));
    CHECK(near(grad(f)(Var(Real(x))).item(), expected, 1e-14));
  }
}

// ---- row 7

TEST_CASE("row 7: the gradient fields of a difference of Gaussians") {
  const auto [x, y] = grid(-5, 5, 50);
  const Field exact = gradient_field(x, y);
  REQUIRE(exact.first.shape() == Shape{50, 50});
  // f⁗ and rounding give the central difference at h = 1e-5 an error of about 1e-11
  const Field numeric = numeric_field(x, y, Real(1e-5));
  CHECK(near(exact.first, numeric.first, 0, 3e-11));
  CHECK(near(exact.second, numeric.second, 0, 3e-11));
  CHECK(largest(xt::abs(exact.first)) > 0.07);
  // by hand: −x(g₁/σ₁² − g₂/σ₂²)
  const Tensor r2 = x * x + y * y;
  const Tensor slope = (xt::exp(-r2 / 2) - xt::exp(-r2 / 8) / 16) / (2 * std::numbers::pi);
  CHECK(near(exact.first, -x * slope, 1e-13, 1e-16));
  CHECK(near(exact.second, -y * slope, 1e-13, 1e-16));
  // the fields are each other's transposes
  CHECK(near(exact.first, reel::transpose(exact.second), 1e-15));
}

TEST_CASE("row 7: shading") {
  constexpr std::size_t n = 300;
  const std::vector<Real> light{0.5, 0.3, 0.5};
  const Real dz = Real(0.08);
  const auto [x, y] = grid(-4, 4, n);
  const Field slope = gradient_field(x, y);
  const Tensor shade = shading(slope, light, dz);
  REQUIRE(shade.shape() == Shape{n, n});
  // a slope has an error of at most 3e-11; the shading's is larger by the light's size/dz
  CHECK(near(shade, shading(numeric_field(x, y, Real(1e-5)), light, dz), 0, 3e-10));
  // nowhere brighter than the light, and nearly as bright somewhere
  const Real brightest = std::sqrt(Real(0.5 * 0.5 + 0.3 * 0.3 + 0.5 * 0.5));
  CHECK(largest(shade) <= brightest);
  CHECK(largest(shade) > Real(0.999) * brightest);
  // the darkest point is the steepest slope away from the light; the points are 0.027 apart
  const Real steepest = largest(xt::sqrt(slope.first * slope.first + slope.second * slope.second));
  const Real across = std::hypot(light[0], light[1]);
  CHECK(near(-largest(-shade), (light[2] * dz - across * steepest) / std::hypot(steepest, dz), 0,
             1e-4));
  // level ground shows the light's height; it is in the middle of an odd grid
  const Tensor origin = zeros({1});
  CHECK(shading(gradient_field(origin, origin), light, dz) == vector({0.5}));
  // the surface is symmetric: after half a turn it looks as under the opposite light
  const Tensor turned = shading(slope, {-light[0], -light[1], light[2]}, dz);
  const Tensor mirrored = shading(slope, {light[1], light[0], light[2]}, dz);
  Real worst = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      worst = std::max(worst, std::abs(shade(i, j) - turned(n - 1 - i, n - 1 - j)));
      worst = std::max(worst, std::abs(shade(i, j) - mirrored(j, i)));
    }
  CHECK(worst < Real(1e-12));
}

// ---- row 34

namespace {

// The largest |f(a) − f(b)|/|a − b| over pairs of random points.
template <class F>
double lipschitz(const F& f, Rng rng, std::size_t pairs) {
  Tensor a = uninitialized({pairs}), b = uninitialized({pairs});
  for (std::size_t i = 0; i < pairs; ++i) {
    a(i) = static_cast<Real>(rng.uniform(-10, 10));
    b(i) = static_cast<Real>(rng.uniform(-10, 10));
  }
  return largest(xt::abs((f(a).value() - f(b).value()) / (a - b)));
}

}  // namespace

TEST_CASE("row 34: the Lipschitz constant of θ² by sampling, and the largest safe step") {
  const auto loss = [](const Var& theta) { return theta * theta; };
  const auto slope = elementwise_grad(loss);
  const Rng rng(1);
  // |a² − b²|/|a − b| = |a + b|: approaches 20 from below
  double last = 0;
  for (const std::size_t pairs : {10u, 1'000u, 100'000u}) {
    const double k = lipschitz(loss, rng, pairs);
    CHECK(k > last);
    CHECK(k < 20);
    last = k;
  }
  CHECK(last > 19.9);
  // the largest slope is 20 too
  CHECK(largest(xt::abs(slope(linspace(-10, 10, 101)).value())) == 20);
  // the gradient's constant is 2 everywhere, so a fixed step below 2/2 decreases f
  const double curvature = lipschitz(slope, rng, 1'000);
  CHECK(near(curvature, 2, 1e-12));
  const auto distance_after = [&](double step) {  // 50 steps of gradient descent from 10
    Var theta = Real(10);
    for (int i = 0; i < 50; ++i) theta = theta - Real(step) * slope(theta);
    return std::abs(theta.item());
  };
  CHECK(distance_after(0.99 * 2 / curvature) < 4);
  CHECK(near(distance_after(2 / curvature), 10, 1e-9));
  CHECK(distance_after(1.01 * 2 / curvature) > 25);
}

}  // namespace reel::inline REEL_PRECISION
