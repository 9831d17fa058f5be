// Row 23, which has a file of its own.
#pragma once

#include "../lecture.h"

namespace reel::descent {

Lecture critical_points_lecture();

}  // namespace reel::descent
