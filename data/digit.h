// Makes a drawn digit look like the images of MNIST.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <reel/data/picture.h>

namespace reel::pixels {

inline constexpr std::size_t digit_side = 28;  ///< rows and columns of MNIST's images

/// The paper of a picture: the median level of its border. The picture must have pixels.
std::uint8_t paper_of(const Picture& picture);

/// Whether the paper is light, so that the ink is darker than it.
inline bool has_light_paper(const Picture& picture) { return paper_of(picture) > 127; }

/// The digit on a picture of any size as MNIST shows its digits (yann.lecun.com/exdb/mnist): light
/// on black, scaled with its aspect to fit into 20×20 pixels, each the mean of the area that it
/// covers, and moved by whole pixels so that its centre of mass is in the middle of 28×28. Dark ink
/// on light paper is inverted (see paper_of). The ink is the distance to the paper, stretched to
/// 255; a pixel of less than a quarter of that does not count for the size. None if all pixels are
/// like the paper, or if there are no pixels.
std::optional<Picture> centred_digit(const Picture& picture);

}  // namespace reel::pixels
