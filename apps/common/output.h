// Where results go: colours of a terminal, lines of JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace reel::apps {

/// Whether colours may be written to standard output: a terminal, and NO_COLOR is not set.
bool colours();

/// As one line of text, with its end; bytes of a folder's name that are not UTF-8 become U+FFFD.
std::string json_line(const nlohmann::ordered_json& json);

}  // namespace reel::apps
