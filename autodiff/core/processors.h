// How many processors this process may use.
#pragma once

#include <cstddef>

namespace reel {

/// By its affinity mask and by the CPU quota of its control group (cgroup v2 or v1, rounded down);
/// at least 1.
std::size_t processors() noexcept;

}  // namespace reel
