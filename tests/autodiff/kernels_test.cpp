// Shapes, rows and slices of tensors, compared with naive loops.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <reel/autodiff/tensor/kernels.h>

#include "../near.h"
#include "../random_tensor.h"
#include "../special_values.h"
#include "../throws.h"
#include "positions.h"

namespace reel::inline REEL_PRECISION {
namespace {}  // namespace

TEST_CASE("add_row and add_row_relu") {
  for (const std::size_t rows : {0U, 1U, 7U, 8U, 9U, 17U})
    for (const std::size_t n : {0U, 1U, 3U, 10U, 32U, 33U}) {
      CAPTURE(rows);
      CAPTURE(n);
      const Tensor x = random_tensor({rows, n}), row = random_tensor({n}, 2);
      Tensor y = x, rectified = x;
      add_row(y, row);
      add_row_relu(rectified, row);
      for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < n; ++j) {
          CHECK(y(i, j) == x(i, j) + row(j));
          CHECK(rectified(i, j) == std::max(x(i, j) + row(j), Real(0)));
        }
    }
  Tensor y = full({9, 2}, 1);
  add_row_relu(y, vector({nan, -2}));
  for (std::size_t i = 0; i < 9; ++i) {
    CHECK(std::isnan(y(i, 0)));
    CHECK(y(i, 1) == 0);
  }
}

TEST_CASE("reshape") {
  const Tensor x = random_tensor({3, 4});
  for (const Shape& shape :
       {Shape{12}, Shape{4, 3}, Shape{2, 3, 2}, Shape{1, 12, 1}, Shape{2, 1, 3, 1, 2}}) {
    const Tensor y = reel::reshape(x, shape);
    CHECK(y.shape() == shape);
    CHECK(std::equal(y.data(), y.data() + 12, x.data()));
    CHECK(reel::reshape(y, {3, 4}) == x);
  }
  CHECK(reel::reshape(vector({7}), {})() == 7);
  CHECK(reel::reshape(zeros({0, 3}), {5, 0}).shape() == Shape{5, 0});
  CHECK_ERROR("[reshape] (3,4) has 12 elements, (5,2) takes 10.", reel::reshape(x, {5, 2}));
  CHECK_ERROR("[reshape] (3,4) has 12 elements, () takes 1.", reel::reshape(x, {}));
}

TEST_CASE("transpose") {
  for (const std::size_t rows : {0U, 1U, 2U, 15U, 16U, 17U, 33U})
    for (const std::size_t columns : {0U, 1U, 3U, 16U, 31U}) {
      const Tensor x = random_tensor({rows, columns});
      const Tensor y = reel::transpose(x);
      REQUIRE(y.shape() == Shape{columns, rows});
      bool same = true;
      for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < columns; ++j) same &= y(j, i) == x(i, j);
      CHECK(same);
      CHECK(reel::transpose(x, {1, 0}) == y);
      CHECK(reel::transpose(x, {0, 1}) == x);
    }
  CHECK(reel::transpose(scalar(2)) == scalar(2));
  CHECK(reel::transpose(scalar(2), {}) == scalar(2));
  CHECK(reel::transpose(vector({1, 2})) == vector({1, 2}));
  CHECK(reel::transpose(vector({1, 2}), {0}) == vector({1, 2}));
}

TEST_CASE("transpose in any order") {
  const auto check = [](const Shape& shape, const Shape& order) {
    const Tensor x = random_tensor(shape);
    const Tensor y = reel::transpose(x, order);
    Shape permuted;
    for (const std::size_t axis : order) permuted.push_back(shape[axis]);
    CAPTURE(to_string(order));
    REQUIRE(y.shape() == permuted);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const auto to = position(i, permuted);
      std::vector<std::size_t> from(to.size());
      for (std::size_t a = 0; a < order.size(); ++a) from[order[a]] = to[a];
      CHECK(y.data()[i] == x.data()[index(from, shape)]);
    }
  };
  Shape order{0, 1, 2, 3};
  do {
    check({2, 3, 4, 5}, order);
  } while (std::next_permutation(order.begin(), order.end()));
  check({3, 1, 2}, {2, 0, 1});
  check({2, 3, 1, 2, 3}, {4, 2, 0, 1, 3});
  check({2, 0, 3}, {1, 2, 0});
  const Tensor cube = random_tensor({2, 3, 4});
  CHECK(reel::transpose(cube) == reel::transpose(cube, {2, 1, 0}));
  const auto bad = [&](const Shape& wrong) {
    CHECK_ERROR(
        "[transpose] the order " + to_string(wrong) + " is no permutation of the axes of (2,3,4).",
        reel::transpose(cube, wrong));
  };
  bad({0, 1});
  bad({0, 1, 1});
  bad({0, 1, 3});
  bad({0, 1, 2, 3});
  bad({});
}

TEST_CASE("broadcast_to and sum_to") {
  const auto check = [](const Shape& small, const Shape& large) {
    CAPTURE(to_string(small));
    CAPTURE(to_string(large));
    const Tensor x = random_tensor(small), z = random_tensor(large, 2);
    const Tensor spread = reel::broadcast_to(x, large);
    REQUIRE(spread.shape() == large);
    std::vector<double> sums(x.size(), 0);
    for (std::size_t i = 0; i < z.size(); ++i) {
      const std::size_t from = index(position(i, large), small);
      CHECK(spread.data()[i] == x.data()[from]);
      sums[from] += z.data()[i];
    }
    const Tensor summed = reel::sum_to(z, small);
    Tensor in_place = full(small, 9);
    reel::sum_to(z, in_place);
    CHECK(in_place == summed);
    REQUIRE(summed.shape() == small);
    // at most 40 terms of magnitude at most 4
    for (std::size_t i = 0; i < x.size(); ++i)
      CHECK(near(summed.data()[i], sums[i], 0, 40 * 4 * 40 * eps / 2));
  };
  check({}, {});
  check({}, {3});
  check({}, {2, 3});
  check({1}, {4, 5});
  check({3}, {3});
  check({3}, {2, 3});
  check({3, 1}, {3, 4});
  check({3, 1}, {2, 3, 4});
  check({1, 4}, {3, 4});
  check({2, 1, 3}, {2, 4, 3});
  check({1, 3, 1}, {2, 3, 4});
  check({1, 1}, {5, 7});
  check({2, 1, 1, 2, 1}, {2, 3, 1, 2, 3});
  check({3}, {0, 3});
  check({1, 3}, {0, 3});
  check({1}, {0});
  check({0, 1}, {0, 4});
  check({0}, {2, 0});

  CHECK_ERROR("[broadcast_to] shapes (2) and (3) don't broadcast",
              reel::broadcast_to(zeros({2}), {3}));
  CHECK_ERROR("[broadcast_to] (2,3) does not broadcast to (3).",
              reel::broadcast_to(zeros({2, 3}), {3}));
  CHECK_ERROR("[broadcast_to] (3) does not broadcast to (1).", reel::broadcast_to(zeros({3}), {1}));
  CHECK_ERROR("[sum_to] (2,3) is not (4,2,3) broadcast.", reel::sum_to(zeros({2, 3}), {4, 2, 3}));
  CHECK_ERROR("[sum_to] shapes (2,3) and (3,2) don't broadcast",
              reel::sum_to(zeros({2, 3}), {3, 2}));
  CHECK_ERROR("[sum_to] (1) is not (3) broadcast.", reel::sum_to(zeros({1}), {3}));
  CHECK_ERROR("[sum_to] (1) is not (1,1) broadcast.", reel::sum_to(zeros({1}), {1, 1}));
}

TEST_CASE("erfc keeps its digits in the tail, and gives the same bits at each place") {
  Tensor x = uninitialized({2001});
  for (std::size_t i = 0; i < x.size(); ++i)
    x(i) = static_cast<Real>(-6 + 0.016 * static_cast<double>(i));  // to 26: subnormal, or 0
  const Tensor y = erfc_elements(x);
  double worst = 0;  // in units of the last place
  for (std::size_t i = 0; i < x.size(); ++i) {
    const long double exact = std::erfc(static_cast<long double>(x(i)));
    const double unit =
        std::max<double>(eps * static_cast<double>(exact), std::numeric_limits<Real>::denorm_min());
    worst = std::max(worst, static_cast<double>(std::abs(y(i) - exact)) / unit);
  }
  CHECK(worst <= 6);

  const Tensor special = erfc_elements(vector({-inf, inf, 0, -0.0, nan}));
  CHECK(slice(special, 0, 0, 4) == vector({2, 0, 1, 1}));
  CHECK(std::isnan(special(4)));
  CHECK(erfc_elements(zeros({0, 3})).shape() == Shape{0, 3});

  std::size_t different = 0;
  for (std::size_t begin = 400; begin < 420; ++begin)  // from 0.4 to 1.4
    for (std::size_t end = begin; end < 460; ++end)
      different += erfc_elements(slice(x, 0, begin, end)) != slice(y, 0, begin, end);
  CHECK(different == 0);
}

TEST_CASE("slices and embeddings whose steps would wrap around") {
  constexpr std::size_t huge = std::numeric_limits<std::size_t>::max();
  const Tensor x = vector({1, 2, 3, 4});
  CHECK(slice(x, 0, 1, 4, huge) == vector({2}));
  CHECK(slice(x, 0, 4, 4, huge).size() == 0);
  CHECK(embed(vector({7}), 0, 3, 2, huge) == vector({0, 0, 7}));
  CHECK_ERROR("[embed] 4 elements from 0 on in steps of 6148914691236517206 don't fit into 5.",
              embed(x, 0, 5, 0, 6148914691236517206u));
  CHECK_ERROR("[embed] 4 elements from 3 on in steps of 1 don't fit into 6.", embed(x, 0, 6, 3));
  CHECK_ERROR("[embed] 1 elements from 3 on", embed(vector({1}), 0, 3, 3));
}

}  // namespace reel::inline REEL_PRECISION
