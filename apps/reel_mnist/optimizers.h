// The optimisers of reel-mnist by name.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <reel/optim/optimizer.h>

namespace reel::mnist {

std::vector<std::string> optimizer_names();

/// If `lr` is empty, the optimiser gets its default rate. Throws Error for an unknown name.
std::unique_ptr<optim::Optimizer> make_optimizer(const std::string& name,
                                                 std::vector<Parameter> parameters,
                                                 std::optional<double> lr);

}  // namespace reel::mnist
