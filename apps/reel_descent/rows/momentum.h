// Row 22, which has a file of its own.
#pragma once

#include "../lecture.h"

namespace reel::descent {

Lecture momentum_lecture();

}  // namespace reel::descent
