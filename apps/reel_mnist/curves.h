// The picture of a training run.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <reel/plot/plot.h>

namespace reel::mnist {

/// A chart of the losses and a chart of the accuracies, by epoch. `epochs`: see epoch_results. The
/// epoch whose validation (`monitor`: loss or accuracy) is the best has a mark.
plot::Picture training_curves(const std::string& title,
                              const std::vector<nlohmann::ordered_json>& epochs,
                              const std::string& monitor);

}  // namespace reel::mnist
