// The check of options that optimisers and schedules share.
#pragma once

#include <limits>
#include <string_view>

#include <reel/autodiff/core/error.h>
#include <reel/autodiff/core/real.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The upper limit of an option that takes every number.
inline constexpr double no_limit = std::numeric_limits<double>::infinity();

/// Throws Error "[where] option = value is not `range`." unless `fits` is true.
inline void expect_option(std::string_view where, std::string_view option, double value, bool fits,
                          std::string_view range) {
  if (!fits) fail_usage(where, option, " = ", value, " is not ", range, '.');
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
