// A second place for weights, if they could not be saved at the first.
#pragma once

#include <string>

#include "model.h"

namespace reel::mnist {

struct Rescue {
  std::string path;     ///< where the weights are; empty if they are lost
  std::string message;  ///< a sentence about it
};

/// Writes the weights that could not be written to `path` to a new file in the current folder; if
/// that fails, in the folder for temporary files.
Rescue save_elsewhere(const nn::Module& model, const Architecture& architecture,
                      const std::string& path);

}  // namespace reel::mnist
