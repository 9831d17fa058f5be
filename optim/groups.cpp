// Looks for parameters that are given twice.
#include <reel/optim/groups.h>

#include <algorithm>

namespace reel::inline REEL_PRECISION {
namespace optim {

void refuse_twice(std::string_view where, const std::vector<Parameter>& parameters) {
  for (auto here = parameters.begin(); here != parameters.end(); ++here)
    if (std::find(parameters.begin(), here, *here) != here)
      fail_usage(where, "parameter \"", here->name(), "\" was given twice.");
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
