// Affine and elastic maps of an image, and bilinear interpolation.
#include <reel/data/warp.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace reel::inline REEL_PRECISION {
namespace data {
namespace {

constexpr double margin = 2;  // noise beyond the edges that reaches the image, in units of σ

double radians(double degrees) { return degrees / 180 * std::numbers::pi; }

// Numbers that a product computes together, in registers: columns are padded to a multiple.
constexpr std::size_t lanes = 32;

std::size_t padded(std::size_t columns) { return (columns + lanes - 1) / lanes * lanes; }

// x, or the nearest number from 0 to `most`; unlike std::clamp, in a form that is vectorised.
Real limited(Real x, Real most) {
  x = x > 0 ? x : 0;
  return x < most ? x : most;
}

// The value of a framed image at each of these places. In the frame, places begin at −1; places
// outside it are moved to its edge, where all is 0.
void interpolate(const Real* __restrict framed, std::size_t rows, std::size_t columns,
                 const Real* __restrict row_places, const Real* __restrict column_places,
                 Real* __restrict to) {
  const auto stride = static_cast<std::int32_t>(columns + 3);
  const auto last_row = static_cast<Real>(rows + 1), last_column = static_cast<Real>(columns + 1);
  for (std::size_t i = 0; i < rows * columns; ++i) {
    const Real row = limited(row_places[i] + 1, last_row);
    const Real column = limited(column_places[i] + 1, last_column);
    const auto r = static_cast<std::int32_t>(row), c = static_cast<std::int32_t>(column);
    const Real down = row - static_cast<Real>(r), right = column - static_cast<Real>(c);
    const std::int32_t at = r * stride + c, under = at + stride;
    const Real above = framed[at] + right * (framed[at + 1] - framed[at]);
    const Real below = framed[under] + right * (framed[under + 1] - framed[under]);
    to[i] = above + down * (below - above);
  }
}

// Σ a[l·stride] · b[l, j] over l, for the `lanes` columns j from the first of b, (count, width).
std::array<Real, lanes> weighted_rows(const Real* a, std::size_t stride, const Real* b,
                                      std::size_t width, std::size_t count) {
  std::array<Real, lanes> sums{};
  for (std::size_t l = 0; l < count; ++l)
    for (std::size_t j = 0; j < lanes; ++j) sums[j] += a[l * stride] * b[l * width + j];
  return sums;
}

}  // namespace

// The noise has one point for each σ pixels, not for each pixel. With weights that are √σ times as
// large, it makes the same covariance: Σ g(x − kσ) g(y − kσ) σ over all k is the integral up to a
// factor of 1 ± 2 exp(−π²) (Poisson's summation formula). The displacements are sums of about a
// dozen uniform numbers, so close to normal.
ElasticFields::Smoothing::Smoothing(std::size_t axis, double sigma, double factor)
    : pixels(axis),
      points(static_cast<std::size_t>(2 * margin + 1 +
                                      std::ceil(static_cast<double>(axis - 1) / sigma))),
      width(padded(axis)),
      weights(points * width) {
  for (std::size_t k = 0; k < points; ++k)
    for (std::size_t i = 0; i < axis; ++i) {
      const double distance = static_cast<double>(i) / sigma + margin - static_cast<double>(k);
      weights[k * width + i] = static_cast<Real>(factor * std::exp(-distance * distance / 2) /
                                                 std::sqrt(2 * std::numbers::pi * sigma));
    }
}

ElasticFields::ElasticFields(std::size_t rows, std::size_t columns, double sigma, double alpha)
    : by_row_(rows, sigma, alpha * 0x1p-31), by_column_(columns, sigma, 1) {}

void ElasticFields::add(std::span<const std::uint32_t> noise, std::span<Real> field) const {
  const auto& [rows, row_points, row_stride, row_weights] = by_row_;
  const auto& [columns, column_points, width, column_weights] = by_column_;
  std::vector<Real> numbers(noise.size()), smooth(row_points * width);
  for (std::size_t i = 0; i < noise.size(); ++i)
    numbers[i] = static_cast<Real>(static_cast<std::int32_t>(noise[i]));
  for (std::size_t start = 0; start < width; start += lanes) {
    for (std::size_t k = 0; k < row_points; ++k) {
      const auto sums = weighted_rows(numbers.data() + k * column_points, 1,
                                      column_weights.data() + start, width, column_points);
      std::copy(sums.begin(), sums.end(), smooth.data() + k * width + start);
    }
    for (std::size_t r = 0; r < rows; ++r) {
      const auto sums = weighted_rows(row_weights.data() + r, row_stride, smooth.data() + start,
                                      width, row_points);
      Real* const to = field.data() + r * columns + start;
      for (std::size_t j = 0; j < std::min(lanes, columns - start); ++j) to[j] += sums[j];
    }
  }
}

Warp::Warp(std::size_t rows, std::size_t columns, std::size_t channels)
    : rows_(rows),
      columns_(columns),
      channels_(channels),
      row_places_(rows * columns),
      column_places_(rows * columns),
      framed_((rows + 3) * (columns + 3)),
      moved_(rows * columns) {}

// A pixel shows the place that the motion brings to it, so each step is undone, the last one first.
void Warp::set(const Affine& affine) {
  const double angle = radians(affine.rotation);
  const double cosine = std::cos(angle), sine = std::sin(angle);
  const double slope = std::tan(radians(affine.shear));
  const double row_by_row = cosine / affine.height, row_by_column = -sine / affine.height;
  const double width = affine.flip ? -affine.width : affine.width;
  const double column_by_row = (sine - slope * cosine) / width;
  const double column_by_column = (cosine + slope * sine) / width;
  const double middle_row = static_cast<double>(rows_ - 1) / 2;
  const double middle_column = static_cast<double>(columns_ - 1) / 2;
  for (std::size_t r = 0; r < rows_; ++r) {
    const double down = static_cast<double>(r) - middle_row - affine.down;
    const auto row = static_cast<Real>(middle_row + row_by_row * down);
    const auto column = static_cast<Real>(middle_column + column_by_row * down);
    const auto right = static_cast<Real>(-middle_column - affine.right);
    Real* const row_places = row_places_.data() + r * columns_;
    Real* const column_places = column_places_.data() + r * columns_;
    for (std::size_t c = 0; c < columns_; ++c) {
      const Real x = right + static_cast<Real>(static_cast<std::int32_t>(c));
      row_places[c] = row + static_cast<Real>(row_by_column) * x;
      column_places[c] = column + static_cast<Real>(column_by_column) * x;
    }
  }
}

void Warp::apply(Real* image) {
  for (std::size_t k = 0; k < channels_; ++k) {
    for (std::size_t r = 0; r < rows_; ++r)
      for (std::size_t c = 0; c < columns_; ++c)
        framed_[(r + 1) * (columns_ + 3) + c + 1] = image[(r * columns_ + c) * channels_ + k];
    interpolate(framed_.data(), rows_, columns_, row_places_.data(), column_places_.data(),
                moved_.data());
    for (std::size_t i = 0; i < moved_.size(); ++i) image[i * channels_ + k] = moved_[i];
  }
}

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
