// Reductions, shapes and softmax of tensors, compared with naive loops.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include <reel/autodiff/tensor/kernels.h>

#include "../near.h"
#include "../random_tensor.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace {

constexpr Real inf = std::numeric_limits<Real>::infinity();
constexpr Real nan = std::numeric_limits<Real>::quiet_NaN();
constexpr double eps = std::numeric_limits<Real>::epsilon();

// The index along each axis of element i of a row-major tensor.
std::vector<std::size_t> position(std::size_t i, const Shape& shape) {
  std::vector<std::size_t> at(shape.size());
  for (std::size_t a = shape.size(); a-- > 0; i /= shape[a]) at[a] = i % shape[a];
  return at;
}

// The element at a position; repeats axes of size 1 and missing leading axes.
std::size_t index(const std::vector<std::size_t>& at, const Shape& shape) {
  std::size_t i = 0;
  for (std::size_t a = 0; a < shape.size(); ++a)
    i = i * shape[a] + (shape[a] == 1 ? 0 : at[at.size() - shape.size() + a]);
  return i;
}

struct Folded {
  Tensor sum, magnitude, max;
};

// Σx, Σ|x| and max x, in the shape `kept`.
Folded naive_fold(const Tensor& x, const Shape& kept) {
  std::vector<double> sum(element_count(kept), 0), magnitude = sum;
  Folded result{zeros(kept), zeros(kept), full(kept, -inf)};
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t to = index(position(i, x.shape()), kept);
    sum[to] += x.data()[i];
    magnitude[to] += std::abs(static_cast<double>(x.data()[i]));
    result.max.data()[to] = std::max(result.max.data()[to], x.data()[i]);
  }
  for (std::size_t i = 0; i < sum.size(); ++i) {
    result.sum.data()[i] = static_cast<Real>(sum[i]);
    result.magnitude.data()[i] = static_cast<Real>(magnitude[i]);
  }
  return result;
}

void check_reductions(const Shape& shape) {
  const Tensor x = random_tensor(shape);
  for (unsigned subset = 0; subset < 1U << shape.size(); ++subset) {
    Shape kept, dropped;
    std::vector<int> named;
    for (std::size_t a = 0; a < shape.size(); ++a) {
      const bool reduced = subset >> a & 1U;
      kept.push_back(reduced ? 1 : shape[a]);
      if (!reduced) dropped.push_back(shape[a]);
      // every second axis counted from the end, and the last axis first
      if (reduced)
        named.insert(named.begin(),
                     static_cast<int>(a) - (a % 2 ? static_cast<int>(shape.size()) : 0));
    }
    const auto axes = [&]() -> Axes {
      if (named.size() == 1) return named[0];
      if (named.size() == 2) return {named[0], named[1]};
      if (named.size() == 3) return {named[0], named[1], named[2]};
      return {};
    }();
    if (named.empty() || named.size() > 3) {  // no axes means all of them
      std::fill(kept.begin(), kept.end(), std::size_t{1});
      dropped = {};
    }
    CAPTURE(to_string(shape));
    CAPTURE(subset);
    const Folded expected = naive_fold(x, kept);
    const Tensor sum = reel::sum(x, axes, true);
    REQUIRE(sum.shape() == kept);
    // each of the n − 1 additions has an error of at most half an eps of the sum of magnitudes
    const double terms = static_cast<double>(x.size()) / std::max<double>(1, double(sum.size()));
    for (std::size_t i = 0; i < sum.size(); ++i)
      CHECK(near(sum.data()[i], expected.sum.data()[i], eps,
                 eps / 2 * terms * expected.magnitude.data()[i]));
    const Tensor flat = reel::sum(x, axes, false);
    CHECK(flat.shape() == dropped);
    CHECK(std::equal(sum.begin(), sum.end(), flat.begin(), flat.end()));
    if (x.size() == 0 && sum.size() > 0) {
      CHECK_ERROR("[max] shape " + to_string(shape) + " has nothing to take the maximum of.",
                  reel::max(x, axes));
    } else {
      CHECK(reel::max(x, axes, true) == expected.max);
      CHECK(reel::max(x, axes, false).shape() == dropped);
    }
  }
}

}  // namespace

TEST_CASE("sum and max over every set of axes") {
  check_reductions({});
  for (const std::size_t n : {0U, 1U, 15U, 16U, 17U, 33U}) {
    check_reductions({n});
    for (const std::size_t m : {0U, 1U, 3U, 17U}) {
      check_reductions({n, m});
      check_reductions({m, n});
      check_reductions({2, n, m});
    }
  }
  check_reductions({2, 3, 4, 5});
  check_reductions({2, 0, 4, 5});
  for (const std::size_t n : {15U, 16U, 23U, 24U, 41U})
    for (const std::size_t m : {10U, 32U, 33U}) check_reductions({n, m});
}

TEST_CASE("max over many rows keeps NaN") {
  for (const std::size_t row : {0U, 8U, 17U, 40U}) {
    Tensor x = random_tensor({41, 3});
    x(row, 1) = nan;
    const Tensor most = reel::max(x, 0);
    CHECK(std::isnan(most(1)));
    CHECK_FALSE(std::isnan(most(0)));
    CHECK_FALSE(std::isnan(most(2)));
  }
}

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

TEST_CASE("sum and max with five axes") {
  const Tensor x = random_tensor({2, 3, 1, 4, 2});
  const Folded expected = naive_fold(x, {1, 3, 1, 1, 2});
  CHECK(near(reel::sum(x, {0, -2}, true), expected.sum, 8 * eps, 8 * eps));
  CHECK(reel::max(x, {0, -2}, true) == expected.max);
  CHECK(reel::max(x, {0, -2}).shape() == Shape{3, 1, 2});
}

TEST_CASE("axes that are out of range or named twice") {
  const Tensor x = zeros({2, 3});
  CHECK_ERROR("[sum] axis 2 is out of range for shape (2,3).", reel::sum(x, 2));
  CHECK_ERROR("[sum] axis -3 is out of range for shape (2,3).", reel::sum(x, -3));
  CHECK_ERROR("[sum] axis 0 is out of range for shape ().", reel::sum(scalar(1), 0));
  CHECK_ERROR("[max] axis -1 is named twice.", reel::max(x, {1, -1}));
  CHECK_ERROR("[sum] axis 0 is named twice.", reel::sum(x, {0, 0}));
  CHECK_ERROR("[softmax] axis 2 is out of range for shape (2,3).", reel::softmax(x, 2));
  CHECK_ERROR("[log_softmax] axis -1 is out of range for shape ().", reel::log_softmax(scalar(1)));
}

TEST_CASE("max of NaN and of infinities") {
  for (const std::size_t n : {1U, 2U, 15U, 16U, 17U, 33U})
    for (std::size_t at = 0; at < n; ++at) {
      Tensor x = random_tensor({n});
      x(at) = nan;
      CHECK(std::isnan(item(reel::max(x))));
      CHECK(std::isnan(item(reel::max(reel::reshape(x, {n, 1}), 0))));
      x(at) = inf;
      CHECK(item(reel::max(x)) == inf);
      x(at) = -inf;
      CHECK(item(reel::max(x)) == (n == 1 ? -inf : item(reel::max(x))));
      CHECK(std::isinf(item(reel::max(x))) == (n == 1));
    }
  CHECK(item(reel::max(full({40}, -inf))) == -inf);
  // a NaN in one lane does not affect the others
  const Tensor columns = reel::max(matrix({{1, nan, 3}, {4, 5, -inf}}), 0);
  CHECK(columns(0) == 4);
  CHECK(std::isnan(columns(1)));
  CHECK(columns(2) == 3);
}

TEST_CASE("softmax and log_softmax") {
  for (const Shape& shape : {Shape{1}, Shape{17}, Shape{3, 1}, Shape{5, 33}, Shape{2, 3, 4}})
    for (int axis = 0; axis < static_cast<int>(shape.size()); ++axis) {
      const Tensor x = Real(3) * random_tensor(shape);
      const auto count = static_cast<double>(shape[static_cast<std::size_t>(axis)]);
      const Tensor p = reel::softmax(x, axis), l = reel::log_softmax(x, axis);
      CAPTURE(to_string(shape));
      REQUIRE(p.shape() == shape);
      REQUIRE(l.shape() == shape);
      // each entry has an error of a few eps of itself, and so does the sum
      for (const Real total : reel::sum(p, axis)) CHECK(near(total, 1, (count + 4) * eps));
      // exp turns the absolute error of l, some eps of |x| ≤ 12, into a relative error
      for (std::size_t i = 0; i < x.size(); ++i)
        CHECK(near(p.data()[i], std::exp(l.data()[i]), (count + 40) * eps));
      const int from_end = axis - static_cast<int>(shape.size());
      CHECK(reel::softmax(x, from_end) == p);
      CHECK(reel::log_softmax(x, from_end) == l);
    }
  const double total = 1 + std::exp(-1.0) + std::exp(-3.0);
  const Tensor p = reel::softmax(vector({2, 3, 0}));
  CHECK(near(p(0), std::exp(-1.0) / total, 4 * eps));
  CHECK(near(p(1), 1 / total, 4 * eps));
  CHECK(near(p(2), std::exp(-3.0) / total, 4 * eps));
  const Tensor l = reel::log_softmax(vector({2, 3, 0}));
  CHECK(near(l(2), -3 - std::log(total), 4 * eps));
}

TEST_CASE("softmax of empty shapes") {
  for (const Shape& shape : {Shape{0}, Shape{0, 3}, Shape{3, 0}, Shape{2, 0, 3}})
    for (int axis = 0; axis < static_cast<int>(shape.size()); ++axis) {
      CHECK(reel::softmax(zeros(shape), axis).shape() == shape);
      CHECK(reel::log_softmax(zeros(shape), axis).shape() == shape);
    }
}

TEST_CASE("softmax of huge, infinite and undefined logits") {
  CHECK(reel::softmax(vector({1e4, -1e4, 0})) == vector({1, 0, 0}));
  CHECK(reel::softmax(vector({-1e4, -1e4})) == vector({0.5, 0.5}));
  CHECK(reel::log_softmax(vector({1e4, -1e4, 0})) == vector({0, -2e4, -1e4}));
  // −∞ is a logit with probability 0
  CHECK(reel::softmax(vector({0, -inf, 0})) == vector({0.5, 0, 0.5}));
  CHECK(reel::log_softmax(vector({0, -inf}))(0) == 0);
  CHECK(reel::log_softmax(vector({0, -inf}))(1) == -inf);
  const Tensor p = reel::softmax(matrix({{1, nan, 2}, {0, 0, 0}}));
  for (std::size_t j = 0; j < 3; ++j) {
    CHECK(std::isnan(p(0, j)));
    CHECK(near(p(1, j), 1.0 / 3, eps));
  }
  for (const Real v : reel::log_softmax(vector({nan, 1}))) CHECK(std::isnan(v));
  CHECK(std::isnan(reel::softmax(vector({inf, 1}))(0)));
  CHECK(reel::softmax(vector({inf, 1}))(1) == 0);
  CHECK(reel::log_softmax(vector({inf, 1}))(1) == -inf);
  CHECK(reel::shift_by_max(vector({-inf, -inf})) == full({2}, -inf));
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
