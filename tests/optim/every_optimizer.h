// Every optimiser of the table, for the tests that all of them have to pass.
#pragma once

#include <memory>

#include <reel/optim/optimizers.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// With options under which every part of the state changes the steps that follow.
inline std::unique_ptr<Optimizer> make_stateful(const NamedOptimizer& row, const Groups& groups) {
  NamedOptions options{{"lr", 0.1}};
  for (const NamedOption& option : row.options)
    for (const auto& [name, value] : NamedOptions{{"momentum", 0.9},
                                                  {"lr_decay", 0.5},
                                                  {"start", 0.25},
                                                  {"centered", 1},
                                                  {"beta2", 0.9}})
      if (option.name == name) options.push_back({name, value});
  return make_optimizer(row.name, groups, options);
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
