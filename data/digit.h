// Makes a drawn digit look like the images of MNIST.
#pragma once

#include <optional>

#include <reel/data/picture.h>

namespace reel::pixels {

/// The digit on a picture of any size as MNIST shows its digits (yann.lecun.com/exdb/mnist): light
/// on black, scaled with its aspect to fit into 20×20 pixels, each the mean of the area that it
/// covers, and moved by whole pixels so that its centre of mass is in the middle of 28×28. Dark ink
/// on light paper is inverted: the paper is the median of the picture's border. The ink is the
/// distance to the paper, stretched to 255; a pixel of less than a quarter of that does not count
/// for the size. None if all pixels are like the paper, or if there are no pixels.
std::optional<Picture> centred_digit(const Picture& picture);

}  // namespace reel::pixels
