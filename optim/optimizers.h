// All first-order optimisers, and the table that finds them by name.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <reel/optim/adadelta.h>
#include <reel/optim/adagrad.h>
#include <reel/optim/adam.h>
#include <reel/optim/adamax.h>
#include <reel/optim/adamw.h>
#include <reel/optim/nadam.h>
#include <reel/optim/radam.h>
#include <reel/optim/rmsprop.h>
#include <reel/optim/rprop.h>
#include <reel/optim/sgd.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// An option by the name of its field, such as "beta1"; a flag is 0 or 1.
struct NamedOption {
  std::string_view name;  ///< as in the method's options
  double value;           ///< its value
};
/// Options by name.
using NamedOptions = std::vector<NamedOption>;

/// A row of the table. Some classes have several rows: "sgd", "momentum" and "nesterov" are Sgd.
struct NamedOptimizer {
  std::string_view name;  ///< such as "adam"
  double lr;              ///< a rate to begin with: for a small classifier in batches of 64
  NamedOptions options;   ///< all that this optimiser has, with their defaults
};

/// All methods, for programs that choose one by name.
const std::vector<NamedOptimizer>& optimizers();
/// Throws Error (usage) if there is no optimiser of this name.
const NamedOptimizer& find_optimizer(std::string_view name);

/// Makes the optimiser of this name; an option that is absent has its default. Throws Error (usage)
/// for an unknown name or option, and what the optimiser's constructor throws.
///
///     make_optimizer("adam", model.parameters(), {{"lr", 3e-4}, {"amsgrad", 1}});
std::unique_ptr<Optimizer> make_optimizer(std::string_view name, const Groups& groups,
                                          const NamedOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
