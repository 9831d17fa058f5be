// The code that the tests of augmentation share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

#include <reel/data/augmentation.h>

#include "../special_values.h"

namespace reel::testing {

using data::Augmentation;
using data::AugmentationOptions;

inline const AugmentationOptions everything{.shift = 2,
                                            .rotation = 15,
                                            .scale = 0.15,
                                            .shear = 5,
                                            .elastic = 36,
                                            .flip = 0.5,
                                            .erase = 0.5};

// n images after the changes of an augmentation; `first`: the number of the first.
inline Tensor changed(Tensor images, const AugmentationOptions& options, std::uint64_t seed = 1,
                      std::uint32_t first = 0) {
  std::vector<std::uint32_t> samples(images.shape()[0]);
  std::iota(samples.begin(), samples.end(), first);
  const Shape shape(images.shape().begin() + 1, images.shape().end());
  Augmentation(options).apply({images.data(), images.size()}, shape, samples, Rng(seed));
  return images;
}

// n copies of one image.
inline Tensor copies(const Tensor& image, std::size_t n) {
  Shape shape = image.shape();
  shape.insert(shape.begin(), n);
  Tensor result = uninitialized(shape);
  for (std::size_t i = 0; i < n; ++i)
    std::copy_n(image.data(), image.size(), result.data() + i * image.size());
  return result;
}

inline bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && std::memcmp(a.data(), b.data(), a.size() * sizeof(Real)) == 0;
}

}  // namespace reel::testing
