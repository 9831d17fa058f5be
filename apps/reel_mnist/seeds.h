// `reel-mnist train --seeds N`: how much a result depends on chance.
#pragma once

#include <reel/data/images.h>

#include "commands.h"

namespace reel::mnist {

/// Trains once with each of the seeds, and prints the mean of the results with its 95 % interval.
/// Returns the exit code.
int train_seeds(const TrainOptions& options, const data::Images& images);

}  // namespace reel::mnist
