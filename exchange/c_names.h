// The names that C and C++ keep for themselves.
#pragma once

#include <string_view>

namespace reel::c_names {

/// Why a function of a C file cannot have this name, such as "is a keyword of C or C++"; empty if
/// it can. Such a file is also for C++, and is linked with the C library.
std::string_view objection(std::string_view name);

}  // namespace reel::c_names
