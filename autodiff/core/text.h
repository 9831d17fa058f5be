// Text for users.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace reel {

/// A number with its digits in groups: "60,000".
std::string grouped(std::size_t number);

/// A number of things: "1 image", "60,000 images". `several`: the plural, if it is not `one` with
/// s.
std::string counted(std::size_t number, std::string_view one, std::string_view several = {});

}  // namespace reel
