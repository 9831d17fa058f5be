// `reel-mnist train --find-lr`: which learning rates a network can be trained with.
#pragma once

#include "training.h"

namespace reel::mnist {

/// Trains with rates from small to large, prints the losses and a suggestion, and draws them if
/// --plot names a file. Returns the exit code.
int find_lr(Training& training);

}  // namespace reel::mnist
