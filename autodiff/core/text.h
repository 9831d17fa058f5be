// Text for users.
#pragma once

#include <cstddef>
#include <string>

namespace reel {

/// A number with its digits in groups: "60,000".
std::string grouped(std::size_t number);

}  // namespace reel
