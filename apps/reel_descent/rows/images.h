// The images of the lectures that train networks.
#pragma once

#include <cstddef>

#include <reel/data/dataset.h>

#include "../lecture.h"

namespace reel::descent {

/// The first images of the training set, or all if it has fewer.
data::Dataset training_images(const Settings& settings, std::size_t count);

}  // namespace reel::descent
