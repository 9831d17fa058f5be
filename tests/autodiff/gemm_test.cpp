// The matrix product, compared with a double loop.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/tensor/gemm.h>
#include <reel/autodiff/tensor/kernels.h>

#include "../special_values.h"
#include "../threads.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace {

Tensor random_matrix(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  Rng rng(seed);
  Tensor t = uninitialized({rows, columns});
  for (Real& x : t.storage()) x = static_cast<Real>(rng.uniform(-1, 1));
  return t;
}

double element(const Tensor& t, bool transposed, std::size_t i, std::size_t j) {
  return transposed ? t(j, i) : t(i, j);
}

// |error| ≤ K·eps·Σ|a||b| for any order of the additions (Higham, Accuracy and Stability of
// Numerical Algorithms, §3.1: γ_K), plus one eps of the result for adding `before`.
bool is_product(const Tensor& c, const Tensor& a, bool ta, const Tensor& b, bool tb,
                double before = 0) {
  const std::size_t m = a.shape()[ta], k = a.shape()[!ta], n = b.shape()[!tb];
  if (c.shape() != Shape{m, n}) return false;
  constexpr double eps = std::numeric_limits<Real>::epsilon();
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      double sum = before, magnitude = std::abs(before);
      for (std::size_t l = 0; l < k; ++l) {
        const double term = element(a, ta, i, l) * element(b, tb, l, j);
        sum += term;
        magnitude += std::abs(term);
      }
      if (!(std::abs(c(i, j) - sum) <= (static_cast<double>(k) + 2) * eps * magnitude))
        return false;
    }
  return true;
}

void check_product(std::size_t m, std::size_t n, std::size_t k) {
  for (const bool ta : {false, true})
    for (const bool tb : {false, true}) {
      CAPTURE(m);
      CAPTURE(n);
      CAPTURE(k);
      CAPTURE(ta);
      CAPTURE(tb);
      const Tensor a = ta ? random_matrix(k, m, 1) : random_matrix(m, k, 1);
      const Tensor b = tb ? random_matrix(n, k, 2) : random_matrix(k, n, 2);
      Tensor c = full({m, n}, std::numeric_limits<Real>::quiet_NaN());
      gemm(a, ta, b, tb, 0, c);
      CHECK(is_product(c, a, ta, b, tb));
      Tensor resized;
      gemm(a, ta, b, tb, 0, resized);
      CHECK(resized == c);
      CHECK(matmul(a, ta, b, tb) == c);
      Tensor sum = full({m, n}, Real(0.75));
      gemm(a, ta, b, tb, 1, sum);
      CHECK(is_product(sum, a, ta, b, tb, 0.75));
    }
}

}  // namespace

TEST_CASE("all transposes of products of many sizes") {
  const std::vector<std::size_t> sizes{1, 2, 3, 7, 10, 16, 17, 64, 65};
  for (std::size_t i = 0; i < sizes.size(); ++i)
    for (std::size_t j = 0; j < sizes.size(); ++j)  // a Latin square: all pairs of sizes occur
      check_product(sizes[i], sizes[j], sizes[(2 * i + j) % sizes.size()]);
  check_product(64, 10, 784);
  check_product(784, 10, 64);
  check_product(9, 37,
                60);  // few rows, many features: the transposed product, with incomplete tiles
  check_product(8, 16, 48);
  check_product(24, 13, 144);
  check_product(10, 784, 65);
  check_product(1, 784, 3);
  check_product(784, 1, 1);
  check_product(1, 1, 784);
}

TEST_CASE("products that threads share out are the same for any number of them") {
  struct Size {
    std::size_t m, n, k;
  };
  // in tiles of rows of W or of the result, with one row less or more than a tile
  for (const Size& size : {Size{40, 330, 250}, {330, 40, 250}, {257, 130, 129}, {33, 5000, 17}})
    for (const bool ta : {false, true})
      for (const bool tb : {false, true}) {
        const std::size_t m = size.m, n = size.n, k = size.k;  // clang cannot capture bindings
        CAPTURE(m);
        CAPTURE(ta);
        CAPTURE(tb);
        const Tensor a = ta ? random_matrix(k, m, 1) : random_matrix(m, k, 1);
        const Tensor b = tb ? random_matrix(n, k, 2) : random_matrix(k, n, 2);
        Tensor first, sum = full({m, n}, Real(0.75));
        for (const std::size_t count : {1u, 2u, 3u}) {
          const Threads set(count);
          Tensor c;
          gemm(a, ta, b, tb, 0, c);
          CHECK(is_product(c, a, ta, b, tb));
          if (count == 1)
            first = c;
          else
            CHECK(c == first);
        }
        gemm(a, ta, b, tb, 1, sum);
        CHECK(is_product(sum, a, ta, b, tb, 0.75));
      }
}

TEST_CASE("products into some columns of a wider matrix leave the others alone") {
  for (const std::size_t rows : {1u, 3u, 65u, 130u})
    for (const std::size_t columns : {1u, 10u, 16u, 37u}) {
      CAPTURE(rows);
      CAPTURE(columns);
      constexpr std::size_t k = 400;
      const Tensor a = random_matrix(rows, k, 1), b = random_matrix(columns, k, 2);
      Tensor wide = full({rows, columns + 7}, 5), c = uninitialized({rows, columns});
      raw_gemm(false, true, rows, columns, k, a.data(), k, b.data(), k, 0, wide.data() + 3,
               columns + 7);
      std::size_t untouched = 0;
      for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < columns + 7; ++j)
          if (j < 3 || j >= columns + 3)
            untouched += wide(i, j) == 5;
          else
            c(i, j - 3) = wide(i, j);
      CHECK(untouched == rows * 7);
      CHECK(is_product(c, a, false, b, true));
    }
}

TEST_CASE("products of matrices whose rows lie apart in memory") {
  struct Size {
    std::size_t m, n, k;
  };
  constexpr std::size_t gap = 3;
  const auto spread = [](const Tensor& x) {
    Tensor wide = full({x.shape()[0], x.shape()[1] + gap}, std::numeric_limits<Real>::quiet_NaN());
    for (std::size_t i = 0; i < x.shape()[0]; ++i)
      for (std::size_t j = 0; j < x.shape()[1]; ++j) wide(i, j) = x(i, j);
    return wide;
  };
  for (const Size& size : {Size{64, 10, 10}, {3, 5, 7}, {20, 17, 31}, {65, 10, 400}, {9, 37, 60}})
    for (const bool ta : {false, true})
      for (const bool tb : {false, true}) {
        const std::size_t m = size.m, n = size.n, k = size.k;  // clang cannot capture bindings
        CAPTURE(m);
        CAPTURE(ta);
        CAPTURE(tb);
        const Tensor a = ta ? random_matrix(k, m, 1) : random_matrix(m, k, 1);
        const Tensor b = tb ? random_matrix(n, k, 2) : random_matrix(k, n, 2);
        const Tensor wide_a = spread(a), wide_b = spread(b);
        Tensor c = uninitialized({m, n});
        raw_gemm(ta, tb, m, n, k, wide_a.data(), wide_a.shape()[1], wide_b.data(),
                 wide_b.shape()[1], 0, c.data(), n);
        CHECK(is_product(c, a, ta, b, tb));
      }
}

TEST_CASE("NaN and infinity in what is multiplied or added to are kept") {
  Tensor c = matrix({{nan, 1}, {2, 3}});
  gemm(matrix({{0, 0}, {0, 0}}), false, matrix({{1, 2}, {3, 4}}), false, 1, c);
  CHECK(std::isnan(c(0, 0)));
  CHECK(c(1, 1) == 3);
  c = matmul(matrix({{0, 0}, {1, 1}}), matrix({{nan, 2}, {3, 4}}));
  CHECK(std::isnan(c(0, 0)));
  CHECK(std::isnan(c(1, 0)));
  CHECK(c(1, 1) == 6);
}

TEST_CASE("products with a side of 0") {
  for (const bool ta : {false, true})
    for (const bool tb : {false, true}) {
      const auto shaped = [](bool t, std::size_t r, std::size_t c) {
        return t ? zeros({c, r}) : zeros({r, c});
      };
      CHECK(matmul(shaped(ta, 0, 3), ta, shaped(tb, 3, 2), tb).shape() == Shape{0, 2});
      CHECK(matmul(shaped(ta, 2, 3), ta, shaped(tb, 3, 0), tb).shape() == Shape{2, 0});
      CHECK(matmul(shaped(ta, 2, 0), ta, shaped(tb, 0, 3), tb) == zeros({2, 3}));
      CHECK(matmul(shaped(ta, 0, 0), ta, shaped(tb, 0, 0), tb).shape() == Shape{0, 0});
      Tensor c = full({2, 3}, 5);
      gemm(shaped(ta, 2, 0), ta, shaped(tb, 0, 3), tb, 1, c);
      CHECK(c == full({2, 3}, 5));
      gemm(shaped(ta, 2, 0), ta, shaped(tb, 0, 3), tb, 2, c);
      CHECK(c == full({2, 3}, 10));
      c = full({2, 3}, std::numeric_limits<Real>::quiet_NaN());
      gemm(shaped(ta, 2, 0), ta, shaped(tb, 0, 3), tb, 0, c);
      CHECK(c == zeros({2, 3}));
    }
}

TEST_CASE("a matrix times itself and its transpose") {
  for (const std::size_t n : {1U, 5U, 17U}) {
    const Tensor a = random_matrix(n, n + 2, 3), square = random_matrix(n, n, 4);
    CHECK(is_product(matmul(a, false, a, true), a, false, a, true));
    CHECK(is_product(matmul(a, true, a, false), a, true, a, false));
    for (const bool ta : {false, true})
      for (const bool tb : {false, true})
        CHECK(is_product(matmul(square, ta, square, tb), square, ta, square, tb));
    // the same data in two shapes that don't fit
    CHECK_ERROR("inner dimensions differ", matmul(a, false, a, false));
  }
}

TEST_CASE("shapes that don't fit") {
  const auto z = [](std::size_t r, std::size_t c) { return zeros({r, c}); };
  CHECK_ERROR(
      "[matmul] inner dimensions differ: (64,784) × (128,784). Hint: transpose the right operand.",
      matmul(z(64, 784), z(128, 784)));
  CHECK_ERROR("[matmul] inner dimensions differ: (3,2)ᵀ × (4,5).",
              matmul(z(3, 2), true, z(4, 5), false));
  CHECK_ERROR("[matmul] inner dimensions differ: (3,2) × (4,5)ᵀ.",
              matmul(z(3, 2), false, z(4, 5), true));
  CHECK_ERROR("[matmul] inner dimensions differ: (3,2)ᵀ × (4,5)ᵀ.",
              matmul(z(3, 2), true, z(4, 5), true));
  CHECK_ERROR("[matmul] takes matrices, got (3) and (3,2).", matmul(zeros({3}), z(3, 2)));
  CHECK_ERROR("[matmul] takes matrices, got (2,3) and ().", matmul(z(2, 3), scalar(1)));
  Tensor c = z(2, 3);
  CHECK_ERROR("[matmul] takes matrices, got (2,2,2) and (2,2).",
              gemm(zeros({2, 2, 2}), false, z(2, 2), false, 0, c));
  CHECK_ERROR("[matmul] adds (2,4) to (2,3).", gemm(z(2, 5), false, z(5, 4), false, 1, c));
  CHECK(c == z(2, 3));
  const std::string message = message_of([&] { matmul(z(3, 2), z(4, 5)); });
  CHECK(message == "[matmul] inner dimensions differ: (3,2) × (4,5).");
}

TEST_CASE("sides that CBLAS cannot count") {
  constexpr std::size_t above = std::size_t{std::numeric_limits<int>::max()} + 1;
  const auto multiply = [](std::size_t m, std::size_t n, std::size_t k) {
    raw_gemm(false, false, m, n, k, nullptr, k, nullptr, n, 0, nullptr, n);
  };  // throws before it reads any element
  CHECK_ERROR("[matmul] the product of (2147483648,1)", multiply(above, 1, 1));
  CHECK_ERROR("above 2147483647", multiply(1, above, 1));
  CHECK_ERROR("above 2147483647", multiply(1, 1, above));
}

TEST_CASE("what multiplies has a name and a version") {
  const std::string name = blas_name();
  CAPTURE(name);
  CHECK((name == "CBLAS" || name.starts_with("oneDNN 2") || name.starts_with("oneDNN 3") ||
         name.starts_with("OpenBLAS 0.")));
}

}  // namespace reel::inline REEL_PRECISION
