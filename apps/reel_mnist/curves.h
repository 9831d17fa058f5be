// The picture of a training run.
#pragma once

#include <string>
#include <vector>

#include <reel/train/fit.h>

#include "../plot/plot.h"

namespace reel::mnist {

/// A chart of the losses and a chart of the accuracies, by epoch.
plot::Picture training_curves(const std::string& title,
                              const std::vector<train::EpochReport>& epochs);

}  // namespace reel::mnist
