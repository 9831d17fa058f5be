// Where results go: colours of a terminal, lines of JSON, files that can be written.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace reel::apps {

/// Whether colours may be written to standard output: a terminal, and NO_COLOR is not set.
bool colours();

/// As one line of text, with its end; bytes of a folder's name that are not UTF-8 become U+FFFD.
std::string json_line(const nlohmann::ordered_json& json);

/// Throws Error (system) if it is plain that a file can't be written: a run of ten minutes should
/// not end with a folder that does not exist.
void check_can_write(const std::string& path, std::string_view where);

}  // namespace reel::apps
