// Finds the variable that stands in place of a parameter.
#include <reel/autodiff/engine/substitution.h>

namespace reel::inline REEL_PRECISION {

constinit thread_local const Substitution* Substitution::innermost_ = nullptr;

Substitution::Substitution(std::span<const Parameter> parameters, std::span<const Var> values)
    : outer_(innermost_) {
  if (parameters.size() != values.size())
    fail_usage("substitution", parameters.size(), " parameters and ", values.size(), " values.");
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].shape() != values[i].shape())
      fail_usage("substitution", "parameter \"", parameters[i].name(), "\" has shape ",
                 to_string(parameters[i].shape()), ", its value ", to_string(values[i].shape()),
                 '.');
    by_parameter_.emplace(parameters[i].identity(), values[i]);
  }
  innermost_ = this;
}

const Var* Substitution::lookup(const Parameter& parameter) const noexcept {
  const auto found = by_parameter_.find(parameter.identity());
  if (found != by_parameter_.end()) return &found->second;
  return outer_ ? outer_->lookup(parameter) : nullptr;
}

}  // namespace reel::inline REEL_PRECISION
