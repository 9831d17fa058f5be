// Matrix products: values against plain loops, errors, derivatives.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include <reel/autodiff/ops/ops.h>
#include <reel/autodiff/tensor/linear_algebra.h>

#include "../near.h"
#include "../random_tensor.h"
#include "../special_values.h"
#include "../throws.h"
#include "derivative_cases.h"

namespace reel::inline REEL_PRECISION {
namespace {

// The batched product, element by element.
Tensor naive_matmul(const Tensor& a, bool ta, const Tensor& b, bool tb) {
  const std::size_t da = a.dimension(), db = b.dimension();
  const std::size_t m = a.shape()[da - 2 + ta], k = a.shape()[da - 1 - ta];
  const std::size_t n = b.shape()[db - 1 - tb];
  const Shape batch_a(a.shape().begin(), a.shape().end() - 2);
  const Shape batch_b(b.shape().begin(), b.shape().end() - 2);
  const Shape batch = broadcast_shape(batch_a, batch_b, "test");
  Shape whole_a = batch, whole_b = batch, whole_c = batch;
  for (const std::size_t axis : {da - 2, da - 1}) whole_a.push_back(a.shape()[axis]);
  for (const std::size_t axis : {db - 2, db - 1}) whole_b.push_back(b.shape()[axis]);
  for (const std::size_t size : {m, n}) whole_c.push_back(size);
  const Tensor x = broadcast_to(a, whole_a), y = broadcast_to(b, whole_b);
  Tensor c = zeros(whole_c);
  for (std::size_t i = 0; i < element_count(batch); ++i)
    for (std::size_t r = 0; r < m; ++r)
      for (std::size_t s = 0; s < n; ++s) {
        double sum = 0;
        for (std::size_t l = 0; l < k; ++l)
          sum += static_cast<double>(x.data()[i * m * k + (ta ? l * m + r : r * k + l)]) *
                 y.data()[i * k * n + (tb ? s * k + l : l * n + s)];
        c.data()[(i * m + r) * n + s] = static_cast<Real>(sum);
      }
  return c;
}

}  // namespace

TEST_CASE("products of batches, with all transposes") {
  const std::vector<std::pair<Shape, Shape>> batches{
      {{2}, {2}},    {{2}, {}},           {{}, {2}},     {{1}, {3}},       {{3}, {1}},
      {{4, 3}, {3}}, {{2}, {3, 1}},       {{2, 3}, {}},  {{1, 2}, {3, 1}}, {{2, 1, 3}, {4, 1}},
      {{0}, {0}},    {{0}, {}},           {{}, {0}},     {{2, 0}, {1}},    {{0}, {1}},
      {{1}, {}},     {{1, 2, 1}, {2, 1}}, {{2, 0}, {0}}, {{1}, {0}}};
  const std::vector<std::vector<std::size_t>> sizes{{2, 3, 4}, {1, 5, 1}, {3, 1, 2}, {0, 2, 3},
                                                    {2, 0, 3}, {2, 3, 0}, {0, 0, 0}};
  for (const auto& [batch_a, batch_b] : batches)
    for (const auto& size : sizes)
      for (const bool ta : {false, true})
        for (const bool tb : {false, true}) {
          const std::size_t m = size[0], k = size[1], n = size[2];
          Shape shape_a = batch_a, shape_b = batch_b;
          for (const std::size_t s : {ta ? k : m, ta ? m : k}) shape_a.push_back(s);
          for (const std::size_t s : {tb ? n : k, tb ? k : n}) shape_b.push_back(s);
          CAPTURE(to_string(shape_a));
          CAPTURE(to_string(shape_b));
          CAPTURE(ta);
          CAPTURE(tb);
          const Tensor a = random_tensor(shape_a, 1), b = random_tensor(shape_b, 2);
          const Tensor expected = naive_matmul(a, ta, b, tb);
          static_cast<void>(full(expected.shape(), nan));  // the memory that the product gets
          // at most 5 terms of magnitude at most 16
          CHECK(near(matmul(a, ta, b, tb), expected, 2 * eps, 5 * 16 * 5 * eps));
          CHECK(matmul(Var(a), ta, Var(b), tb).value() == matmul(a, ta, b, tb));
        }
}

TEST_CASE("products of vectors with vectors, matrices and batches") {
  const auto product = [](const Shape& a, const Shape& b) {
    return matmul(Var(random_tensor(a, 1)), Var(random_tensor(b, 2))).value();
  };
  const auto reference = [](const Shape& a, const Shape& as, const Shape& b, const Shape& bs) {
    return naive_matmul(reshape(random_tensor(a, 1), as), false, reshape(random_tensor(b, 2), bs),
                        false);
  };
  const auto check = [&](const Shape& a, const Shape& as, const Shape& b, const Shape& bs,
                         const Shape& expected) {
    CAPTURE(to_string(a));
    CAPTURE(to_string(b));
    CHECK(near(product(a, b), reshape(reference(a, as, b, bs), expected), 2 * eps, 64 * eps));
  };
  check({3}, {1, 3}, {3}, {3, 1}, {});
  check({0}, {1, 0}, {0}, {0, 1}, {});
  check({3}, {1, 3}, {3, 2}, {3, 2}, {2});
  check({2, 3}, {2, 3}, {3}, {3, 1}, {2});
  check({3}, {1, 3}, {4, 3, 2}, {4, 3, 2}, {4, 2});
  check({4, 2, 3}, {4, 2, 3}, {3}, {3, 1}, {4, 2});
  check({3}, {1, 3}, {2, 4, 3, 1}, {2, 4, 3, 1}, {2, 4, 1});
  check({2, 4, 1, 3}, {2, 4, 1, 3}, {3}, {3, 1}, {2, 4, 1});
  check({0, 2, 3}, {0, 2, 3}, {3}, {3, 1}, {0, 2});
  check({2, 3}, {2, 3}, {4, 3, 2}, {4, 3, 2}, {4, 2, 2});
}

TEST_CASE("dot and outer") {
  const Var a = vector({1, -2, 3}), b = vector({4, 5, 6});
  CHECK(dot(a, b).value() == scalar(12));
  CHECK(outer(a, vector({2, 5})).value() == matrix({{2, 5}, {-4, -10}, {6, 15}}));
  CHECK(dot(zeros({0}), zeros({0})).value() == scalar(0));
  CHECK(outer(zeros({0}), b).shape() == Shape{0, 3});
  CHECK(outer(b, zeros({0})).shape() == Shape{3, 0});
  CHECK_ERROR("[dot] takes two vectors of one size, got (3) and (2).", dot(a, vector({1, 2})));
  CHECK_ERROR("[dot] takes two vectors of one size, got (3) and (1).", dot(a, vector({1})));
  CHECK_ERROR("[dot] takes two vectors of one size, got (1,2) and (1,2).",
              dot(matrix({{1, 2}}), matrix({{1, 2}})));
  CHECK_ERROR("[dot] takes two vectors of one size, got () and ().", dot(Var(1), Var(2)));
  CHECK_ERROR("[outer] takes two vectors, got (3) and ().", outer(a, Var(2)));
  CHECK_ERROR("[outer] takes two vectors, got (1,2) and (3).", outer(matrix({{1, 2}}), a));
}

TEST_CASE("products that don't fit") {
  const auto product = [](const Shape& a, const Shape& b) { matmul(Var(zeros(a)), Var(zeros(b))); };
  CHECK_ERROR("[matmul] inner dimensions differ: (2,3,4) × (2,5,6).",
              product({2, 3, 4}, {2, 5, 6}));
  CHECK_ERROR("[matmul] inner dimensions differ: (2,3,4)ᵀ × (4,6).",
              matmul(zeros({2, 3, 4}), true, zeros({4, 6}), false));
  CHECK_ERROR("[matmul] inner dimensions differ: (3,4) × (2,4,6)ᵀ.",
              matmul(zeros({3, 4}), false, zeros({2, 4, 6}), true));
  CHECK_ERROR("[matmul] shapes (2) and (3) don't broadcast: axis 0 has 2 and 3.",
              product({2, 3, 4}, {3, 4, 5}));
  CHECK_ERROR("[matmul] takes matrices, got (2,3,4) and (4).",
              matmul(zeros({2, 3, 4}), zeros({4})));
  CHECK_ERROR("[matmul] takes matrices, got () and (2,3,4).", matmul(scalar(1), zeros({2, 3, 4})));
  CHECK_ERROR("[matmul] inner dimensions differ: (1,3) × (4,2).", product({3}, {4, 2}));
  CHECK_ERROR("[matmul] inner dimensions differ: (2,3,4) × (3,1).", product({2, 3, 4}, {3}));
  CHECK_ERROR("[matmul] takes vectors, matrices and batches of matrices, got () and (2,2).",
              product({}, {2, 2}));
  CHECK_ERROR("[matmul] takes vectors, matrices and batches of matrices, got (2) and ().",
              product({2}, {}));
}

#ifdef REEL_F64  // float has too few digits for numerical derivatives

TEST_CASE("derivatives of products") {
  const auto product = [](Vars v) { return matmul(v[0], v[1]); };
  const auto pair = [](const Shape& a, const Shape& b) {
    return std::vector<Tensor>{random_tensor(a, 1), random_tensor(b, 2)};
  };
  std::vector<DerivativeCase> cases{
      {"matrix and vector", product, pair({2, 3}, {3})},
      {"vector and matrix", product, pair({3}, {3, 2})},
      {"vectors", product, pair({3}, {3})},
      {"batches", product, pair({2, 2, 3}, {2, 3, 2})},
      {"batches of different axes", product, pair({2, 1, 2, 2}, {3, 2, 1})},
      {"batch and matrix", product, pair({2, 2, 3}, {3, 2})},
      {"matrix and batch", product, pair({2, 3}, {2, 3, 2})},
      {"batch of one and batch", product, pair({1, 2, 3}, {2, 3, 2})},
      {"batch and vector", product, pair({2, 2, 3}, {3})},
      {"vector and batch", product, pair({3}, {2, 3, 2})},
      {"empty batch", product, pair({0, 2, 3}, {3, 2})},
      {"batch with itself",
       [](Vars v) { return matmul(v[0], matmul(v[0], v[0])); },
       {random_tensor({2, 2, 2}, 1)}},
      {"matrix in two products of batches",
       [](Vars v) { return matmul(v[0], v[1]) + matmul(v[1], v[0]) * matmul(v[1], v[1]); },
       pair({2, 2, 2}, {2, 2})},
      {"dot", [](Vars v) { return dot(v[0], v[1]); }, pair({3}, {3})},
      {"dot with itself", [](Vars v) { return dot(v[0], v[0]); }, {random_tensor({3}, 1)}},
      {"outer", [](Vars v) { return outer(v[0], v[1]); }, pair({3}, {2})},
      {"outer with itself", [](Vars v) { return outer(v[0], v[0]); }, {random_tensor({3}, 1)}}};
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      for (const bool batched_a : {false, true}) {
        Shape a = ta ? Shape{3, 2} : Shape{2, 3}, b = tb ? Shape{2, 3} : Shape{3, 2};
        if (batched_a) a.insert(a.begin(), 2);
        b.insert(b.begin(), 2);
        cases.push_back(
            {"transposed", [=](Vars v) { return matmul(v[0], ta, v[1], tb); }, pair(a, b)});
      }
  check_all(cases);
}

#endif

}  // namespace reel::inline REEL_PRECISION
