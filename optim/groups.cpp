// Rejects parameters that are given twice.
#include <reel/optim/groups.h>

#include <unordered_set>

namespace reel::inline REEL_PRECISION {
namespace optim {

void refuse_twice(std::string_view where, const std::vector<Parameter>& parameters) {
  std::unordered_set<const void*> seen;
  for (const Parameter& parameter : parameters)
    if (!seen.insert(parameter.identity()).second)
      fail_usage(where, "parameter \"", parameter.name(), "\" was given twice.");
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
