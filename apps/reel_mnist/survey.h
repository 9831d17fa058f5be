// Measures a set of images: the balance of its classes, its brightness, repeated images.
#pragma once

#include <cstdint>
#include <vector>

#include <reel/data/dataset.h>

namespace reel::mnist {

/// Images with the same pixels as an earlier one.
struct Repeats {
  std::size_t images = 0;
  std::size_t with_another_label = 0;  ///< of these, images whose label differs from the earlier's
};

/// One half of a set of images.
struct Survey {
  std::vector<std::size_t> per_class = {};  ///< the number of images of each class
  double mean = 0, standard_deviation = 0;  ///< of all pixels
  std::size_t constant = 0;                 ///< images whose pixels are all the same
  std::size_t empty = 0;                    ///< of these, images whose pixels are all 0
  Repeats repeats = {};                     ///< within this half
  std::vector<std::uint64_t> hashes = {};   ///< of the pixels of each image
  std::vector<std::int32_t> labels = {};    ///< of each image
};

Survey survey(const data::Dataset& dataset);

/// The images of `test` that are in `train` as well.
Repeats shared_images(const Survey& train, const Survey& test);

/// A number that changes if a pixel (rounded to float), a label, the shape or the order changes. It
/// does not depend on the form of the files or on the machine. FNV-1a, 64 bits.
std::uint64_t fingerprint(const Survey& train, const Survey& test, const data::Dataset& dataset);

}  // namespace reel::mnist
