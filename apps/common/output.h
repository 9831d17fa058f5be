// Output of results: the terminal and lines of JSON.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

namespace reel::apps {

/// Whether to write colours to standard output; see has_colours.
bool colours();
/// The characters that fit on a line of standard output, at least 40; see terminal_width.
std::size_t output_width();
/// Whether a screen of this width should leave out columns, or put them below each other.
constexpr bool is_narrow(std::size_t width) { return width < 60; }

/// The version of all JSON that the programs print; docs/json.md has its keys. It grows when a key
/// is removed, or changes its meaning; new keys do not change it.
inline constexpr int json_version = 1;

/// An object in one line with a newline, which begins with "version"; bytes of a folder's name that
/// are not UTF-8 become U+FFFD.
std::string json_line(const nlohmann::ordered_json& json);

}  // namespace reel::apps
