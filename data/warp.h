// Warp: gives each pixel of an image the value at another place of the image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {
namespace data {

/// How the content of an image moves: it is mirrored, scaled, sheared and rotated about the centre,
/// and then shifted.
struct Affine {
  bool flip = false;             ///< left and right change places
  double height = 1, width = 1;  ///< factors
  double shear = 0;              ///< degrees; a positive angle moves lower rows to the right
  double rotation = 0;           ///< degrees, clockwise
  double down = 0, right = 0;    ///< pixels
  bool operator==(const Affine&) const = default;  ///< whether both move the content alike
};

/// Elastic fields for images of one size. A field is a displacement of each pixel along the rows'
/// axis, and another along the columns'. Each is white noise that a Gaussian of σ pixels has
/// smoothed (Simard, Steinkraus and Platt: Best practices for convolutional neural networks applied
/// to visual document analysis; ICDAR 2003).
class ElasticFields {
 public:
  ElasticFields(std::size_t rows, std::size_t columns, double sigma, double alpha);

  /// How many random words make one displacement field.
  std::size_t words() const noexcept { return by_row_.points * by_column_.points; }
  /// Adds to `field`, (rows, columns), the displacements along one axis that the noise makes.
  void add(std::span<const std::uint32_t> noise, std::span<Real> field) const;

 private:
  // The weight of each point of noise at each pixel along an axis: (points, width), where zeros
  // follow the pixels.
  struct Smoothing {
    Smoothing(std::size_t axis, double sigma, double factor);
    std::size_t pixels, points, width;
    std::vector<Real> weights;
  };

  Smoothing by_row_, by_column_;
};

/// The places from which an image takes its pixels, with the memory to move them.
class Warp {
 public:
  /// For images of shape (rows, columns, channels).
  Warp(std::size_t rows, std::size_t columns, std::size_t channels);

  /// The places for this motion. Between pixels an image is bilinear, and outside it is 0.
  void set(const Affine& affine);
  /// The places, (rows, columns): the row of each.
  std::span<Real> row_places() noexcept { return row_places_; }
  /// The column of each.
  std::span<Real> column_places() noexcept { return column_places_; }
  /// Replaces the image.
  void apply(Real* image);

 private:
  std::size_t rows_, columns_, channels_;
  std::vector<Real> row_places_, column_places_;
  std::vector<Real> framed_;  // one channel with a frame of zeros: 1 before, 2 after each axis
  std::vector<Real> moved_;   // one channel of the result
};

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
