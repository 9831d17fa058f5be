// Reductions and softmax of tensors, compared with naive loops.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include <reel/autodiff/tensor/kernels.h>

#include "../near.h"
#include "../random_tensor.h"
#include "../special_values.h"
#include "../throws.h"
#include "positions.h"

namespace reel::inline REEL_PRECISION {
namespace {

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

}  // namespace reel::inline REEL_PRECISION
