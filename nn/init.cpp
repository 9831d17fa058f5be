// The initialisers' distributions.
#include <reel/nn/init.h>

#include <array>
#include <cmath>
#include <numeric>
#include <utility>

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

constexpr std::array<std::pair<std::string_view, Init>, 8> schemes{{
    {"uniform", Init::uniform},
    {"xavier_uniform", Init::xavier_uniform},
    {"xavier_normal", Init::xavier_normal},
    {"he_uniform", Init::he_uniform},
    {"he_normal", Init::he_normal},
    {"lecun_uniform", Init::lecun_uniform},
    {"lecun_normal", Init::lecun_normal},
    {"orthogonal", Init::orthogonal},
}};

Tensor uniform(const Shape& shape, double bound, Rng& rng) {
  Tensor values = uninitialized(shape);
  for (Real& x : values.storage()) x = static_cast<Real>(rng.uniform(-bound, bound));
  return values;
}

Tensor normal(const Shape& shape, double deviation, Rng& rng) {
  Tensor values = uninitialized(shape);
  for (Real& x : values.storage()) x = static_cast<Real>(deviation * rng.normal());
  return values;
}

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// `count` orthonormal vectors of `length`, from normal vectors by Gram–Schmidt; each is projected
// twice, so that rounding does not spoil the orthogonality.
std::vector<Vector> orthonormal(std::size_t count, std::size_t length, Rng& rng) {
  std::vector<Vector> vectors(count, Vector(length));
  for (std::size_t k = 0; k < count; ++k) {
    Vector& v = vectors[k];
    for (double& x : v) x = rng.normal();
    for (int pass = 0; pass < 2; ++pass)
      for (std::size_t j = 0; j < k; ++j) {
        const double along = dot(v, vectors[j]);
        for (std::size_t i = 0; i < length; ++i) v[i] -= along * vectors[j][i];
      }
    const double norm = std::sqrt(dot(v, v));
    for (double& x : v) x /= norm;
  }
  return vectors;
}

Tensor orthogonal(std::size_t out, std::size_t in, Rng& rng) {
  const bool wide = out <= in;
  const auto vectors = wide ? orthonormal(out, in, rng) : orthonormal(in, out, rng);
  Tensor weight = uninitialized({out, in});
  for (std::size_t i = 0; i < out; ++i)
    for (std::size_t j = 0; j < in; ++j)
      weight(i, j) = static_cast<Real>(wide ? vectors[i][j] : vectors[j][i]);
  return weight;
}

}  // namespace

std::span<const std::string_view> init_names() {
  static const std::array<std::string_view, schemes.size()> names = [] {
    std::array<std::string_view, schemes.size()> all;
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = schemes[i].first;
    return all;
  }();
  return names;
}

Init init_by_name(std::string_view name) {
  std::string all;
  for (const auto& [known, scheme] : schemes) {
    if (known == name) return scheme;
    all += concat(all.empty() ? "" : ", ", known);
  }
  fail_usage("init", "there is no scheme \"", name, "\". Hint: one of ", all, '.');
}

Tensor initial_weight(std::size_t out, std::size_t in, Init scheme, Rng& rng) {
  if (out == 0 || in == 0) fail_usage("init", "a weight (", out, ',', in, ") has no elements.");
  const Shape shape{out, in};
  const auto fan_in = static_cast<double>(in);
  const double both = fan_in + static_cast<double>(out);
  switch (scheme) {
    case Init::uniform:
      return uniform(shape, 1 / std::sqrt(fan_in), rng);
    case Init::xavier_uniform:
      return uniform(shape, std::sqrt(6 / both), rng);
    case Init::xavier_normal:
      return normal(shape, std::sqrt(2 / both), rng);
    case Init::he_uniform:
      return uniform(shape, std::sqrt(6 / fan_in), rng);
    case Init::he_normal:
      return normal(shape, std::sqrt(2 / fan_in), rng);
    case Init::lecun_uniform:
      return uniform(shape, std::sqrt(3 / fan_in), rng);
    case Init::lecun_normal:
      return normal(shape, std::sqrt(1 / fan_in), rng);
    case Init::orthogonal:
      return orthogonal(out, in, rng);
  }
  fail_usage("init", "unknown scheme.");
}

Tensor initial_bias(std::size_t out, std::size_t in, Init scheme, Rng& rng) {
  return scheme == Init::uniform ? uniform({out}, 1 / std::sqrt(static_cast<double>(in)), rng)
                                 : zeros({out});
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
