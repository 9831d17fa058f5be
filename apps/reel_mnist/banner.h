// The lines that a training begins with.
#pragma once

#include <cstddef>
#include <string>

#include "training.h"

namespace reel::mnist {

/// The network, the data and the machine, in lines of at most `width` characters.
std::string banner(const Training& training, std::size_t width);

}  // namespace reel::mnist
