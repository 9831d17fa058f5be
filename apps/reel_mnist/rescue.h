// A second place for weights that could not be saved where they should.
#pragma once

#include <string>

#include "model.h"

namespace reel::mnist {

struct Rescue {
  std::string path;     ///< where the weights are; empty if they are lost
  std::string message;  ///< which says so
};

/// Writes the weights that could not be written to `path` to a new file in the current folder, or
/// else in the one for temporary files.
Rescue save_elsewhere(const nn::Module& model, const Architecture& architecture,
                      const std::string& path);

}  // namespace reel::mnist
