// Initialisers: bounds, moments, orthogonality, names and errors.
#include <reel/nn/init.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <reel/nn/linear.h>

#include "../near.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

constexpr std::size_t out = 120, in = 300;

struct Scheme {
  std::string name;
  Init scheme;
};

const std::vector<Scheme> schemes{
    {"uniform", Init::uniform},
    {"xavier_uniform", Init::xavier_uniform},
    {"xavier_normal", Init::xavier_normal},
    {"he_uniform", Init::he_uniform},
    {"he_normal", Init::he_normal},
    {"lecun_uniform", Init::lecun_uniform},
    {"lecun_normal", Init::lecun_normal},
    {"orthogonal", Init::orthogonal},
};

Tensor weight_of(Init scheme, std::uint64_t seed, std::size_t rows = out,
                 std::size_t columns = in) {
  Rng rng(seed);
  return initial_weight(rows, columns, scheme, rng);
}

double mean_power(const Tensor& t, int power) {
  double total = 0;
  for (const Real x : t) total += std::pow(static_cast<double>(x), power);
  return total / static_cast<double>(t.size());
}

// The largest entry of W·Wᵀ − 1 for a wide W, or of Wᵀ·W − 1 for a tall one.
double distance_from_orthonormal(const Tensor& w) {
  const bool wide = w.shape()[0] <= w.shape()[1];
  const std::size_t count = w.shape()[wide ? 0 : 1], length = w.shape()[wide ? 1 : 0];
  double worst = 0;
  for (std::size_t a = 0; a < count; ++a)
    for (std::size_t b = 0; b < count; ++b) {
      double dot = a == b ? -1 : 0;
      for (std::size_t i = 0; i < length; ++i) dot += wide ? w(a, i) * w(b, i) : w(i, a) * w(i, b);
      worst = std::max(worst, std::abs(dot));
    }
  return worst;
}

TEST_CASE("init: uniform schemes fill their interval, and no more") {
  const double both = in + out;
  const std::vector<std::pair<Init, double>> bounds{
      {Init::uniform, 1 / std::sqrt(in)},
      {Init::xavier_uniform, std::sqrt(6 / both)},
      {Init::he_uniform, std::sqrt(6.0 / in)},
      {Init::lecun_uniform, std::sqrt(3.0 / in)},
  };
  for (const auto& entry : bounds) {
    const auto scheme = entry.first;
    const double bound = entry.second;
    CAPTURE(bound);
    const Tensor w = weight_of(scheme, 3);
    const auto [low, high] = std::minmax_element(w.begin(), w.end());
    // The outermost of 36,000 values is within 1/1000 of the bound, with probability 1 − e⁻¹⁸.
    CHECK(*low >= -bound);
    CHECK(*low < -0.999 * bound);
    CHECK(*high <= bound);
    CHECK(*high > 0.999 * bound);
    // five standard errors: of the mean bound/√(3n), of the second moment 2·bound²/(3·√(5n))
    CHECK(std::abs(mean_power(w, 1)) < 5 * bound / std::sqrt(3.0 * in * out));
    CHECK(near(mean_power(w, 2), bound * bound / 3, 0.0118));
    CHECK(near(mean_power(w, 4), std::pow(bound, 4) / 5, 0.035));
  }
}

TEST_CASE("init: normal schemes have the right variance and shape") {
  const double both = in + out;
  const std::vector<std::pair<Init, double>> variances{
      {Init::xavier_normal, 2 / both}, {Init::he_normal, 2.0 / in}, {Init::lecun_normal, 1.0 / in}};
  for (const auto& entry : variances) {
    const auto scheme = entry.first;
    const double variance = entry.second;
    CAPTURE(variance);
    const Tensor w = weight_of(scheme, 4);
    // five standard errors: √(1/n), √(2/n) and, of the fourth moment, √(96/9n)
    CHECK(std::abs(mean_power(w, 1)) < 5 * std::sqrt(variance / (in * out)));
    CHECK(near(mean_power(w, 2), variance, 0.0373));
    CHECK(near(mean_power(w, 4), 3 * variance * variance, 0.086));
  }
}

TEST_CASE("init: the fan is that of the layer, not of its transpose") {
  for (const Init scheme : {Init::uniform, Init::he_normal, Init::lecun_uniform}) {
    const double narrow = mean_power(weight_of(scheme, 5, 200, 10), 2);
    const double broad = mean_power(weight_of(scheme, 5, 10, 200), 2);
    CHECK(near(narrow / broad, 20, 0.15));
  }
}

TEST_CASE("init: orthogonal rows or columns are orthonormal") {
  const double tolerance = sizeof(Real) == 8 ? 1e-12 : 1e-5;
  const std::vector<Shape> shapes{{20, 50}, {50, 20}, {33, 33}, {1, 7}, {7, 1}, {1, 1}};
  for (const Shape& shape : shapes) {
    CAPTURE(to_string(shape));
    const Tensor w = weight_of(Init::orthogonal, 6, shape[0], shape[1]);
    CHECK(w.shape() == shape);
    CHECK(distance_from_orthonormal(w) < tolerance);
  }
}

TEST_CASE("init: biases are 0 but in the uniform scheme, where they are drawn like weights") {
  for (const Scheme& named : schemes) {
    const std::string& name = named.name;
    const Init scheme = named.scheme;
    CAPTURE(name);
    Rng rng(7);
    const Tensor bias = initial_bias(400, in, scheme, rng);
    CHECK(bias.shape() == Shape{400});
    const auto [low, high] = std::minmax_element(bias.begin(), bias.end());
    if (scheme == Init::uniform) {
      const double bound = 1 / std::sqrt(in);
      CHECK(*low >= -bound);
      CHECK(*low < -0.95 * bound);
      CHECK(*high <= bound);
      CHECK(*high > 0.95 * bound);
    } else {
      CHECK(*low == 0);
      CHECK(*high == 0);
      CHECK(rng.state() == Rng(7).state());
    }
  }
}

TEST_CASE("init: a seed decides every number") {
  for (const Scheme& named : schemes) {
    const std::string& name = named.name;
    const Init scheme = named.scheme;
    CAPTURE(name);
    CHECK(weight_of(scheme, 8, 6, 9) == weight_of(scheme, 8, 6, 9));
    CHECK(weight_of(scheme, 8, 6, 9) != weight_of(scheme, 9, 6, 9));
    Rng rng(8);
    const Tensor first = initial_weight(6, 9, scheme, rng);
    CHECK(first != initial_weight(6, 9, scheme, rng));
  }
}

TEST_CASE("init: of a model, layer by layer in the order of the visit") {
  for (const Scheme& named : schemes) {
    const std::string& name = named.name;
    const Init scheme = named.scheme;
    CAPTURE(name);
    Linear layer(9, 6);
    Rng rng(10), same(10);
    init(layer, rng, scheme);
    CHECK(layer.weight.value() == initial_weight(6, 9, scheme, same));
    CHECK(layer.bias.value() == initial_bias(6, 9, scheme, same));
  }
  Linear layer(9, 6), uniform(9, 6);
  Rng rng(11), same(11);
  init(layer, rng);
  init(uniform, same, Init::uniform);
  CHECK(layer.weight.value() == uniform.weight.value());
}

TEST_CASE("init: schemes by name") {
  std::string all;
  for (const Scheme& named : schemes) {
    const std::string& name = named.name;
    const Init scheme = named.scheme;
    CHECK(init_by_name(name) == scheme);
    all += (all.empty() ? "" : ", ") + name;
  }
  for (const char* wrong : {"", "he", "He_normal", "uniform "})
    CHECK(message_of([&] { init_by_name(wrong); }) ==
          concat("[init] there is no scheme \"", wrong, "\". Hint: one of ", all, '.'));
}

TEST_CASE("init: a weight without elements is refused") {
  Rng rng(1);
  for (const Scheme& named : schemes) {
    const std::string& name = named.name;
    const Init scheme = named.scheme;
    CAPTURE(name);
    CHECK_ERROR("[init] a weight (0,5) has no elements.", initial_weight(0, 5, scheme, rng));
    CHECK_ERROR("[init] a weight (5,0) has no elements.", initial_weight(5, 0, scheme, rng));
  }
}

}  // namespace
}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
