// Products with rows of bytes and of numbers where they are stored.
#include <reel/autodiff/stored_product.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <reel/autodiff/tensor.h>

#include "../near.h"
#include "../random.h"

namespace reel::inline REEL_PRECISION {
namespace {

// Rows of `width` elements that lie in an array in another order, with others between them.
struct Rows {
  std::size_t count, width;
  std::vector<std::uint8_t> bytes;
  std::vector<Real> numbers;
  StoredRows stored;
  Tensor x;  // (count, width)

  Rows(std::size_t n, std::size_t w, bool of_bytes) : count(n), width(w), x(zeros({n, w})) {
    Rng rng(7 * n + w);
    const std::size_t places = 2 * n + 1;
    const double factor = 1.0 / 255;
    if (of_bytes) {
      stored.scale = Scale(factor);
      bytes.resize(places * w);
      for (auto& byte : bytes) byte = static_cast<std::uint8_t>(rng.below(256));
    } else {
      numbers.resize(places * w);
      for (Real& number : numbers) number = static_cast<Real>(rng.uniform(-1, 1));
    }
    const auto order = rng.permutation(places);
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t start = order[i] * w;
      if (of_bytes)
        stored.starts.push_back(bytes.data() + start);
      else
        stored.starts.push_back(numbers.data() + start);
      for (std::size_t j = 0; j < w; ++j)
        x(i, j) = of_bytes ? static_cast<Real>(bytes[start + j] * factor) : numbers[start + j];
    }
  }
};

// The sum of `count` products, in double, and the sum of their absolute values.
template <class Product>
bool is_sum(Real y, std::size_t count, Product product) {
  double sum = 0, size = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double term = product(i);
    sum += term;
    size += std::abs(term);
  }
  return std::abs(double(y) - sum) <= 8 * double(std::numeric_limits<Real>::epsilon()) * size;
}

constexpr std::size_t L = least_columns;

TEST_CASE("stored product: products and gradients of any number of rows, columns and outputs") {
  struct Size {
    std::size_t rows, width;
    Share columns;
  };
  const Size sizes[] = {
      {1, L, {0, L}},        {2, L + 1, {0, L + 1}}, {7, 3 * L, {L, 3 * L}},
      {8, 100, {3, 100}},    {9, 100, {0, 97}},      {17, 5 * L - 1, {1, 5 * L - 1}},
      {64, 784, {400, 784}}, {700, 784, {0, 784}},  // more than stay in the cache
      {500, 783, {0, 783}}};
  for (const bool of_bytes : {true, false})
    for (const Size& size : sizes) {
      const std::size_t count = size.rows;
      const Share columns = size.columns;
      const Rows rows(count, size.width, of_bytes);
      for (const std::size_t out : {1u, 2u, 3u, 5u, 6u, 10u, 11u, 23u}) {
        CAPTURE(of_bytes);
        CAPTURE(count);
        CAPTURE(out);
        const std::size_t stride = out + 2, own = columns.size();
        const Tensor w = random({out, own}, 1), g = random({count, stride}, 2);
        Tensor y = full({count + 1, out}, 5), by_w = full({out + 1, own}, 5);
        stored_product(rows.stored, columns, w.data(), out, y.data());
        stored_gradient(rows.stored, columns, g.data() + 1, stride, out, by_w.data());
        bool right = true;
        for (std::size_t i = 0; i < count; ++i)
          for (std::size_t j = 0; j < out; ++j)
            right = right && is_sum(y(i, j), own, [&](std::size_t k) {
                      return double(rows.x(i, columns.begin + k)) * double(w(j, k));
                    });
        CHECK(right);
        for (std::size_t j = 0; j < out; ++j)
          for (std::size_t k = 0; k < own; ++k)
            right = right && is_sum(by_w(j, k), count, [&](std::size_t i) {
                      return double(rows.x(i, columns.begin + k)) * double(g(i, 1 + j));
                    });
        CHECK(right);
        for (std::size_t j = 0; j < out; ++j) CHECK(y(count, j) == 5);  // nothing beyond them
        for (std::size_t k = 0; k < own; ++k) CHECK(by_w(out, k) == 5);
      }
    }
}

TEST_CASE("stored product: no row, and what is no number stays in its row and column") {
  const Rows none(0, L, true);
  Tensor y = full({2, 3}, 5), by_w = full({3, L}, 5);
  stored_product(none.stored, {0, L}, zeros({3, L}).data(), 3, y.data());
  CHECK(y == full({2, 3}, 5));
  stored_gradient(none.stored, {0, L}, nullptr, 3, 3, by_w.data());
  CHECK(by_w == zeros({3, L}));

  constexpr std::size_t width = 2 * L + 3;
  constexpr Real inf = std::numeric_limits<Real>::infinity();
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  const Tensor w = random({3, width}, 1), g = random({5, 3}, 2);
  for (std::size_t column = 0; column < width; ++column) {
    Rows rows(5, width, false);
    rows.numbers[static_cast<std::size_t>(static_cast<const Real*>(rows.stored.starts[3]) -
                                          rows.numbers.data()) +
                 column] = nan;
    Tensor product = uninitialized({5, 3}), gradient = uninitialized({3, width});
    stored_product(rows.stored, {0, width}, w.data(), 3, product.data());
    stored_gradient(rows.stored, {0, width}, g.data(), 3, 3, gradient.data());
    for (std::size_t i = 0; i < 5; ++i)
      for (std::size_t j = 0; j < 3; ++j) CHECK(std::isnan(product(i, j)) == (i == 3));
    for (std::size_t j = 0; j < 3; ++j)
      for (std::size_t k = 0; k < width; ++k) CHECK(std::isnan(gradient(j, k)) == (k == column));
  }
  for (const Real infinite : {inf, -inf})  // in x, then in W
    for (const bool of_bytes : {true, false})
      for (std::size_t column = 0; column < width; ++column) {
        CAPTURE(column);
        Rows rows(1, width, of_bytes);
        Tensor weight = full({2, width}, 1), product = uninitialized({1, 2});
        if (!of_bytes) {
          rows.numbers.assign(rows.numbers.size(), 1);
          const_cast<Real*>(static_cast<const Real*>(rows.stored.starts[0]))[column] = infinite;
          stored_product(rows.stored, {0, width}, weight.data(), 2, product.data());
          CHECK(product(0, 0) == infinite);
          rows.numbers.assign(rows.numbers.size(), 1);
        }
        rows.bytes.assign(rows.bytes.size(), 1);
        weight(1, column) = infinite;
        stored_product(rows.stored, {0, width}, weight.data(), 2, product.data());
        CHECK(std::isfinite(product(0, 0)));
        CHECK(product(0, 1) == infinite);
      }
  for (std::size_t column = 0; column < width; ++column) {  // bytes, by a weight that is none
    const Rows rows(5, width, true);
    Tensor broken = w, product = uninitialized({5, 3});
    broken(1, column) = nan;
    stored_product(rows.stored, {0, width}, broken.data(), 3, product.data());
    for (std::size_t i = 0; i < 5; ++i)
      for (std::size_t j = 0; j < 3; ++j) CHECK(std::isnan(product(i, j)) == (j == 1));
  }
}

TEST_CASE("stored product: copies of some columns, bytes times the factor and rounded once") {
  for (const bool of_bytes : {true, false}) {
    const Rows rows(4, 70, of_bytes);
    for (const Share columns : {Share{0, 70}, Share{2, 69}, Share{5, 8}, Share{9, 9}}) {
      std::vector<Real> copy(columns.size() + 1, Real(5));
      rows.stored.copy(2, columns, copy.data());
      for (std::size_t k = 0; k < columns.size(); ++k)
        CHECK(near(copy[k], rows.x(2, columns.begin + k), sizeof(Real) == 8 ? 1e-15 : 0));
      CHECK(copy.back() == 5);
    }
  }
}

TEST_CASE("stored product: any factor") {
  for (const double factor : {1.0, -0.5, 1.0 / 3, 1e-30}) {
    Rows rows(3, L, true);
    rows.stored.scale = Scale(factor);
    const Tensor w = full({1, L}, 1);
    Tensor y = uninitialized({3, 1}), by_w = uninitialized({1, L});
    const Tensor g = full({3, 1}, 1);
    stored_product(rows.stored, {0, L}, w.data(), 1, y.data());
    stored_gradient(rows.stored, {0, L}, g.data(), 1, 1, by_w.data());
    const double tolerance = 4 * double(std::numeric_limits<Real>::epsilon());
    for (std::size_t i = 0; i < 3; ++i) {
      const auto* const bytes = static_cast<const std::uint8_t*>(rows.stored.starts[i]);
      CHECK(near(y(i, 0), factor * std::accumulate(bytes, bytes + L, 0), tolerance));
    }
    const auto byte = [&](std::size_t i, std::size_t k) {
      return static_cast<const std::uint8_t*>(rows.stored.starts[i])[k];
    };
    for (std::size_t k = 0; k < L; ++k)
      CHECK(near(by_w(0, k), factor * (byte(0, k) + byte(1, k) + byte(2, k)), tolerance));
  }
}

}  // namespace
}  // namespace reel::inline REEL_PRECISION
