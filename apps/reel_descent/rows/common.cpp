// Curves of a search's history, functions of the plane.
#include "common.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/shape.h>
#include <reel/autodiff/ops/slices.h>

namespace reel::descent {

Var element(const Var& theta, std::size_t i) { return reshape(slice(theta, 0, i, i + 1), {}); }

std::function<double(double, double)> on_plane(optim::Objective f) {
  return [f = std::move(f)](double x, double y) {
    const NoTape off;
    return static_cast<double>(f(vector({static_cast<Real>(x), static_cast<Real>(y)})).item());
  };
}

plot::Series path(std::string name, const optim::History& history, plot::Style style) {
  plot::Series series{std::move(name), {}, {}, style};
  for (const Tensor& theta : history.points()) {
    series.x.push_back(theta(0));
    series.y.push_back(theta(1));
  }
  return series;
}

plot::Series losses(std::string name, const optim::History& history, double lowest,
                    plot::Style style) {
  plot::Series series{std::move(name), {}, {}, style};
  for (const double value : history.values()) {
    series.x.push_back(static_cast<double>(series.x.size()));
    series.y.push_back(value - lowest);
  }
  return series;
}

plot::Series curve(std::string name, const std::function<double(double)>& y, double low,
                   double high, std::size_t points, plot::Style style) {
  plot::Series series{std::move(name), {}, {}, style};
  for (std::size_t i = 0; i < points; ++i) {
    series.x.push_back(low +
                       (high - low) * static_cast<double>(i) / static_cast<double>(points - 1));
    series.y.push_back(y(series.x.back()));
  }
  return series;
}

double largest_difference(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape()) return std::numeric_limits<double>::infinity();
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double here = std::abs(static_cast<double>(a.data()[i] - b.data()[i]));
    if (!(here <= worst)) worst = here;  // keeps a NaN
    if (std::isnan(worst)) break;
  }
  return worst;
}

std::uint64_t seed_of(const Settings& settings, std::uint64_t k) {
  return 1'000 * (settings.seed - 1) + k;
}

Tensor normals(const Shape& shape, Rng& rng) {
  Tensor x = uninitialized(shape);
  for (Real& element : x.storage()) element = static_cast<Real>(rng.normal());
  return x;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::string text(double value, int digits) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.*g", digits, value);
  return buffer;
}

}  // namespace reel::descent
