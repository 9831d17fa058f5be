// Augmentation: random changes of images, so that a model never sees the same image twice.
#pragma once

#include <cstdint>
#include <span>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {
namespace data {

/// The options of an Augmentation: how far an image may be changed. By default nothing is.
struct AugmentationOptions {
  double shift = 0;     ///< pixels, along each axis: from −shift to shift
  double rotation = 0;  ///< degrees, at most 180: from −rotation to rotation
  double scale = 0;     ///< below 1: height and width each times 1 − scale to 1 + scale
  double shear = 0;     ///< degrees, below 90: from −shear to shear
  /// The strength α of the elastic distortion. The displacements along each axis are close to
  /// normal, with standard deviation elastic / (2 smoothing √(3π)) pixels: 1.17 for 36 and 5, the
  /// usual values for digits of 28 × 28 pixels.
  double elastic = 0;
  double smoothing = 5;  ///< the standard deviation σ of the elastic distortion's Gaussian, pixels
  double flip = 0;       ///< the probability that left and right change places
  double erase = 0;      ///< the probability that a rectangle is set to 0
  double erase_least = 0.02, erase_most = 0.4;  ///< the rectangle's part of the image's area
};

/// Random changes of images: shift, rotation, scale and shear about the centre; the elastic
/// distortion of Simard, Steinkraus and Platt (Best practices for convolutional neural networks
/// applied to visual document analysis, ICDAR 2003); a flip; and random erasing (Zhong et al., AAAI
/// 2020). One bilinear interpolation applies all motions together. Outside an image all is 0.
///
///     const data::Augmentation augmentation({.rotation = 7.5, .scale = 0.075, .elastic = 36});
///     train::fit(model, adam, digits, rng, {.augmentation = &augmentation});
///
/// A sample is one image: (rows, columns), or (rows, columns, channels), whose channels move
/// together. Its changes depend only on a generator and the number of the sample.
class Augmentation {
 public:
  /// Throws Error(Kind::usage) if an option is not finite or out of its range.
  explicit Augmentation(const AugmentationOptions& options);

  /// Throws Error(Kind::usage) unless samples of this shape are images.
  void check(const Shape& sample_shape) const;
  /// Changes `images`, (samples.size(), sample_shape…), in place. `samples`: their numbers; image i
  /// draws its changes from key.split(samples[i]). Uses several threads; the result has the same
  /// bits for any number of them. Throws as `check` does, or if the sizes don't fit.
  void apply(std::span<Real> images, const Shape& sample_shape,
             std::span<const std::uint32_t> samples, const Rng& key) const;

 private:
  AugmentationOptions options_;
};

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
