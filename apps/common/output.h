// Output of results: terminal colours and lines of JSON.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

namespace reel::apps {

/// Whether to write colours to standard output: it is a terminal, and NO_COLOR is not set.
bool colours();

/// The characters that fit on a line of standard output, at least 40: COLUMNS in the environment,
/// or the width of the terminal, or 80.
std::size_t output_width();

/// One line of text with a newline; bytes of a folder's name that are not UTF-8 become U+FFFD.
std::string json_line(const nlohmann::ordered_json& json);

}  // namespace reel::apps
