// Augmentation: each change against a hand computation or a property, and the options.
#include <reel/data/augmentation.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>
#include <vector>

#include <reel/data/warp.h>

#include "../near.h"
#include "../random.h"
#include "augmented.h"
#include "idx_files.h"

using namespace reel;
using namespace reel::testing;
using data::Affine;

namespace {

// The image (rows, columns) or (rows, columns, channels) after a motion.
Tensor moved(Tensor image, const Affine& affine) {
  const Shape& shape = image.shape();
  data::Warp warp(shape[0], shape[1], shape.size() == 3 ? shape[2] : 1);
  warp.set(affine);
  warp.apply(image.data());
  return image;
}

Tensor ones(Shape shape) { return full(std::move(shape), 1); }

}  // namespace

TEST_CASE("augmentation: a shift by whole pixels is exact, and 0 comes in from outside") {
  const Tensor image = random({5, 7}, 1);
  const Tensor result = moved(image, {.down = 2, .right = -3});
  for (std::size_t r = 0; r < 5; ++r)
    for (std::size_t c = 0; c < 7; ++c)
      CHECK(result(r, c) == (r >= 2 && c + 3 < 7 ? image(r - 2, c + 3) : 0));
  for (const Affine& far : {Affine{.down = 5}, Affine{.right = 7}, Affine{.down = -1e6}})
    CHECK(same_bits(moved(ones({5, 7}), far), zeros({5, 7})));
}

TEST_CASE("augmentation: between pixels an image is bilinear") {
  CHECK(same_bits(moved(matrix({{1, 2, 4}}), {.right = 0.5}), matrix({{0.5, 1.5, 3}})));
  const Tensor square = matrix({{1, 2}, {3, 6}});
  const Tensor result = moved(square, {.down = 0.25, .right = -0.5});
  CHECK(near(result(1, 0), 0.25 * 1.5 + 0.75 * 4.5, 4 * eps));
  CHECK(near(result(0, 1), 0.75 * (0.5 * 2), 4 * eps));  // a quarter and a half come from outside
}

TEST_CASE("augmentation: a quarter turn is a permutation, clockwise") {
  for (const std::size_t n : {std::size_t{5}, std::size_t{6}}) {
    const Tensor image = random({n, n}, 2);
    const Tensor result = moved(image, {.rotation = 90});
    Tensor expected = zeros({n, n});
    for (std::size_t r = 0; r < n; ++r)
      for (std::size_t c = 0; c < n; ++c) expected(r, c) = image(n - 1 - c, r);
    CHECK(near(result, expected, 0, 16 * eps));
    CHECK(near(moved(result, {.rotation = -90}), image, 0, 32 * eps));
  }
  const Tensor image = random({4, 7}, 3);
  Tensor turned = image;
  std::reverse(turned.data(), turned.data() + turned.size());
  CHECK(near(moved(image, {.rotation = 180}), turned, 0, 32 * eps));
}

TEST_CASE("augmentation: a flip is exact") {
  const Tensor image = random({3, 8}, 4);
  const Tensor result = moved(image, {.flip = true});
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 8; ++c) CHECK(result(r, c) == image(r, 7 - c));
  CHECK(same_bits(changed(copies(image, 20), {.flip = 1}), copies(result, 20)));
  const Tensor half = changed(copies(image, 1000), {.flip = 0.3});
  std::size_t flips = 0;
  for (std::size_t i = 0; i < 1000; ++i) {
    const bool flipped = half(i, 0, 0) == image(0, 7);
    CHECK(half(i, 2, 1) == (flipped ? image(2, 6) : image(2, 1)));
    flips += flipped;
  }
  CHECK(flips > 250);  // 300 ± 3.4 standard deviations
  CHECK(flips < 350);
}

TEST_CASE("augmentation: factors and shear by hand, and all motions in their order") {
  // Of an image that is linear in its row and column, a motion is exact wherever it stays inside.
  Tensor row = zeros({41, 41}), column = zeros({41, 41});
  for (std::size_t r = 0; r < 41; ++r)
    for (std::size_t c = 0; c < 41; ++c) row(r, c) = Real(r), column(r, c) = Real(c);
  const auto place = [&](const Affine& affine, std::size_t r, std::size_t c) {
    return std::array{moved(row, affine)(r, c) - 20., moved(column, affine)(r, c) - 20.};
  };
  const auto at = [&](const Affine& affine, std::size_t r, std::size_t c, double down,
                      double right) {
    const auto [y, x] = place(affine, r, c);
    CHECK(near(y, down, 0, 200 * eps));
    CHECK(near(x, right, 0, 200 * eps));
  };
  at({.height = 2}, 30, 28, 5, 8);
  at({.width = 0.5}, 30, 14, 10, -12);
  at({.shear = 45}, 26, 29, 6, 3);  // row 6 below the centre comes from 6 pixels further left
  at({.shear = 45}, 14, 11, -6, -3);
  at({.rotation = 30}, 20, 30, -10 * std::sin(std::numbers::pi / 6),
     10 * std::cos(std::numbers::pi / 6));
  // The point (3, 4) right and down of the centre: flipped, scaled, sheared, rotated, shifted.
  const Affine all{
      .flip = true, .height = 1.5, .width = 2, .shear = 45, .rotation = 90, .down = 1, .right = -2};
  // flip: (−3, 4); scale: (−6, 6); shear: (0, 6); a quarter turn: (−6, 0); shift: (−8, 1)
  at(all, 21, 12, 4, 3);
}

TEST_CASE("augmentation: channels move together") {
  const Affine affine{.height = 1.1, .shear = 7, .rotation = 20, .down = 0.3, .right = 1.2};
  const Tensor image = random({6, 9, 3}, 5);
  const Tensor result = moved(image, affine);
  for (std::size_t k = 0; k < 3; ++k) {
    Tensor plane = zeros({6, 9}), expected = zeros({6, 9});
    for (std::size_t r = 0; r < 6; ++r)
      for (std::size_t c = 0; c < 9; ++c)
        plane(r, c) = image(r, c, k), expected(r, c) = result(r, c, k);
    CHECK(same_bits(moved(plane, affine), expected));
  }
  const Tensor erased = changed(ones({50, 6, 8, 3}), {.erase = 1});
  const Tensor one_channel = changed(ones({50, 6, 8}), {.erase = 1});
  for (std::size_t i = 0; i < erased.size(); ++i)
    CHECK(erased.data()[i] == one_channel.data()[i / 3]);
}

TEST_CASE("augmentation: without options nothing changes, not even a bit") {
  Tensor images = random({20, 4, 6}, 6);
  images(3, 1, 1) = std::numeric_limits<Real>::quiet_NaN();
  images(4, 1, 1) = Real(-0.0);
  CHECK(same_bits(changed(images, {}), images));
  CHECK(same_bits(changed(images, {.smoothing = 2, .erase_least = 0.5, .erase_most = 1}), images));
}

// The displacements are linear in the noise, so their covariance follows from those of single
// points of noise: each is uniform, with variance 1/3.
TEST_CASE("augmentation: the covariance of elastic fields is that of smoothed white noise") {
  struct Case {
    std::size_t rows, columns;
    double sigma, alpha;
  };
  for (const auto& [rows, columns, sigma, alpha] :
       {Case{28, 28, 5, 36}, Case{28, 28, 4, 34}, Case{20, 33, 1, 3}, Case{70, 9, 2.5, 8},
        Case{1, 1, 5, 36}}) {
    const data::ElasticFields fields(rows, columns, sigma, alpha);
    std::vector<std::uint32_t> noise(fields.words());
    const std::size_t n = rows * columns;
    const std::array<std::size_t, 3> from{0, n / 2, n - 1};
    std::array<std::vector<double>, 3> covariance;
    covariance.fill(std::vector<double>(n));
    for (std::uint32_t& word : noise) {
      word = std::uint32_t{1} << 30;  // 1/2
      std::vector<Real> response(n);
      fields.add(noise, response);
      word = 0;
      for (std::size_t k = 0; k < from.size(); ++k)
        for (std::size_t i = 0; i < n; ++i)
          covariance[k][i] += 4 * double{response[from[k]]} * double{response[i]} / 3;
    }
    const double variance = alpha * alpha / (12 * std::numbers::pi * sigma * sigma);
    for (std::size_t k = 0; k < from.size(); ++k)
      for (std::size_t i = 0; i < n; ++i) {
        const auto apart = [](std::size_t a, std::size_t b) {
          return static_cast<double>(a) - static_cast<double>(b);
        };
        const double down = apart(i / columns, from[k] / columns);
        const double right = apart(i % columns, from[k] % columns);
        const double expected =
            variance * std::exp(-(down * down + right * right) / (4 * sigma * sigma));
        CHECK(near(covariance[k][i], expected, 0, 5e-4 * variance));
      }
    CHECK(near(std::sqrt(variance), alpha / (2 * sigma * std::sqrt(3 * std::numbers::pi)), 1e-12));
  }
}

TEST_CASE("augmentation: elastic displacements of drawn noise have the stated standard deviation") {
  const data::ElasticFields fields(28, 28, 5, 36);
  std::vector<std::uint32_t> noise(fields.words());
  Rng rng(4);
  double sum = 0, squares = 0;
  constexpr std::size_t draws = 3000;
  for (std::size_t i = 0; i < draws; ++i) {
    rng.fill(noise);
    std::vector<Real> field(28 * 28);
    fields.add(noise, field);
    for (const Real x : field) sum += x, squares += double{x} * x;
  }
  CHECK(std::abs(sum / (784 * draws)) < 0.02);
  CHECK(near(std::sqrt(squares / (784 * draws)), 1.1726, 0.01));
}

namespace {

// A soft dot 12 pixels below the centre and 12 to the right, after 400 draws of the changes: its
// centres of mass (down, right), relative to the centre of the image.
std::vector<std::array<double, 2>> dots(const AugmentationOptions& options) {
  constexpr std::size_t n = 61, draws = 400;
  Tensor dot = zeros({n, n});
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t c = 0; c < n; ++c)
      dot(r, c) = static_cast<Real>(
          std::exp(-(std::pow(double(r) - 42, 2) + std::pow(double(c) - 42, 2)) / 8));
  const Tensor images = changed(copies(dot, draws), options);
  std::vector<std::array<double, 2>> centres;
  for (std::size_t i = 0; i < draws; ++i) {
    double mass = 0, down = 0, right = 0;
    for (std::size_t r = 0; r < n; ++r)
      for (std::size_t c = 0; c < n; ++c) {
        const double x = images(i, r, c);
        mass += x, down += x * (double(r) - 30), right += x * (double(c) - 30);
      }
    centres.push_back({down / mass, right / mass});
  }
  return centres;
}

}  // namespace

TEST_CASE("augmentation: each option reaches its bounds and does not pass them") {
  const auto bounded = [&](const AugmentationOptions& options, double bound, double tolerance,
                           const std::function<double(double, double)>& measured) {
    double least = 0, most = 0;
    for (const auto& [down, right] : dots(options)) {
      const double value = measured(down, right);
      least = std::min(least, value), most = std::max(most, value);
    }
    CHECK(most < bound + tolerance);
    CHECK(most > 0.95 * bound - tolerance);
    CHECK(least > -bound - tolerance);
    CHECK(least < -0.95 * bound + tolerance);
  };
  const auto degrees = [](double tangent) { return std::atan(tangent) * 180 / std::numbers::pi; };
  bounded({.shift = 7.5}, 7.5, 0.01, [](double down, double) { return down - 12; });
  bounded({.shift = 7.5}, 7.5, 0.01, [](double, double right) { return right - 12; });
  bounded({.rotation = 20}, 20, 0.1,
          [&](double down, double right) { return degrees(down / right) - 45; });
  bounded({.scale = 0.25}, 0.25, 0.01, [](double down, double) { return down / 12 - 1; });
  bounded({.scale = 0.25}, 0.25, 0.01, [](double, double right) { return right / 12 - 1; });
  bounded({.shear = 30}, 30, 0.1,
          [&](double down, double right) { return degrees((right - 12) / down); });
}

TEST_CASE("augmentation: the two axes draw independently, and so do the images") {
  const auto spread = [](const AugmentationOptions& options, double deviation) {
    double down_down = 0, right_right = 0, down_right = 0, next = 0, before = 0;
    const auto centres = dots(options);
    for (const auto& [down, right] : centres) {
      down_down += (down - 12) * (down - 12), right_right += (right - 12) * (right - 12);
      down_right += (down - 12) * (right - 12);
      next += (down - 12) * before, before = down - 12;
    }
    const auto n = static_cast<double>(centres.size());
    CHECK(near(std::sqrt(down_down / n), deviation, 0.15));
    CHECK(near(std::sqrt(right_right / n), deviation, 0.15));
    CHECK(std::abs(down_right) < 0.2 * down_down);  // four standard deviations
    CHECK(std::abs(next) < 0.2 * down_down);
  };
  spread({.shift = 3}, std::sqrt(3));
  spread({.scale = 0.25}, std::sqrt(3));
  spread({.elastic = 60, .smoothing = 8}, 60 / (16 * std::sqrt(3 * std::numbers::pi)));
}

TEST_CASE("augmentation: erasing sets one rectangle to 0 and leaves the rest") {
  constexpr std::size_t n = 40;
  const Tensor image = random({n, n}, 8) + Real(2);
  const Tensor images =
      changed(copies(image, 500), {.erase = 0.5, .erase_least = 0.1, .erase_most = 0.2});
  std::size_t erased = 0;
  double tallest = 0, widest = 0;
  for (std::size_t i = 0; i < 500; ++i) {
    std::size_t zeros = 0, top = n, bottom = 0, left = n, right = 0;
    for (std::size_t r = 0; r < n; ++r)
      for (std::size_t c = 0; c < n; ++c) {
        if (images(i, r, c) != 0) {
          CHECK(images(i, r, c) == image(r, c));
          continue;
        }
        ++zeros;
        top = std::min(top, r), bottom = std::max(bottom, r + 1);
        left = std::min(left, c), right = std::max(right, c + 1);
      }
    if (zeros == 0) continue;
    ++erased;
    CHECK(zeros == (bottom - top) * (right - left));
    CHECK(double(zeros) > 0.09 * n * n);  // sides are rounded to pixels
    CHECK(double(zeros) < 0.215 * n * n);
    const double ratio = double(bottom - top) / double(right - left);
    tallest = std::max(tallest, ratio), widest = std::max(widest, 1 / ratio);
  }
  CHECK(erased > 210);
  CHECK(erased < 290);
  for (const double longest : {tallest, widest}) {
    CHECK(longest > 2.7);
    CHECK(longest < 3.7);
  }
}

TEST_CASE("augmentation: an option that is turned on leaves the other draws as they were") {
  const Tensor images = random({30, 12, 12}, 2) + Real(2);
  const Tensor turned = changed(images, {.rotation = 20});
  const Tensor erased = changed(images, {.rotation = 20, .erase = 1});
  for (std::size_t i = 0; i < images.size(); ++i)
    if (erased.data()[i] != 0) CHECK(erased.data()[i] == turned.data()[i]);
  Tensor mirrored = images;
  for (std::size_t i = 0; i < images.size(); i += 12)
    std::reverse(mirrored.data() + i, mirrored.data() + i + 12);
  CHECK(near(changed(images, {.rotation = 20, .flip = 1}), changed(mirrored, {.rotation = 20}), 0,
             1000 * eps));
}

TEST_CASE("augmentation: images of one pixel, of one row and of one column") {
  for (const Shape& shape :
       {Shape{1, 1}, Shape{1, 40}, Shape{40, 1}, Shape{3, 50}, Shape{2, 3, 1}}) {
    const Tensor result = changed(copies(ones(shape), 200), everything);
    double sum = 0;
    for (const Real x : result) {
      CHECK(x >= 0);
      CHECK(x <= 1 + 4 * eps);
      sum += x;
    }
    CHECK(sum > 0);
  }
  const Tensor far = changed(ones({50, 4, 4}), {.shift = 1e6, .elastic = 1e6});
  CHECK(std::count(far.begin(), far.end(), Real(0)) > 780);
}

TEST_CASE("augmentation: options that make no sense") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  const std::vector<std::pair<AugmentationOptions, std::string>> wrong{
      {{.shift = -1}, "shift = -1, expected 0 to 1e6 pixels"},
      {{.shift = infinite}, "shift = inf"},
      {{.rotation = 181}, "rotation = 181, expected 0 to 180 degrees"},
      {{.scale = 1}, "scale = 1, expected 0 to below 1"},
      {{.scale = -0.1}, "scale = -0.1"},
      {{.shear = 90}, "shear = 90, expected 0 to below 90 degrees"},
      {{.elastic = -1}, "elastic = -1"},
      {{.elastic = 2e6}, "elastic = 2e+06"},
      {{.smoothing = 0}, "smoothing = 0, expected 1 to 1e6 pixels"},
      {{.flip = 1.5}, "flip = 1.5, expected a probability"},
      {{.erase = -0.5}, "erase = -0.5, expected a probability"},
      {{.erase_least = -1}, "erase_least = -1, expected 0 to 1"},
      {{.erase_least = 0.5, .erase_most = 0.4}, "erase_most = 0.4, expected erase_least to 1"},
      {{.erase_most = 2}, "erase_most = 2"},
      {{.shift = nan}, "shift = nan"},
      {{.rotation = nan}, "rotation = nan"},
      {{.scale = nan}, "scale = nan"},
      {{.shear = nan}, "shear = nan"},
      {{.elastic = nan}, "elastic = nan"},
      {{.smoothing = nan}, "smoothing = nan"},
      {{.flip = nan}, "flip = nan"},
      {{.erase = nan}, "erase = nan"},
      {{.erase_least = nan}, "erase_least = nan"},
      {{.erase_most = nan}, "erase_most = nan"}};
  for (const auto& row : wrong)
    CHECK(says(error_of([&] { Augmentation{row.first}; }), Kind::usage,
               {"[augmentation] ", row.second}));
}
