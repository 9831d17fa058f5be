// The number of processors that this process may use.
#pragma once

#include <cstddef>

namespace reel {

/// Respects the affinity mask and the CPU quota of the control group (cgroup v2 or v1, rounded
/// down); at least 1.
std::size_t processors() noexcept;

}  // namespace reel
