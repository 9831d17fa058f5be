// Colours, the terminal and JSON.
#include "output.h"

#include <unistd.h>

#include <algorithm>

#include <reel/autodiff/core/terminal.h>

namespace reel::apps {

bool colours() { return has_colours(STDOUT_FILENO); }

std::size_t output_width() {
  constexpr std::size_t least = 40;
  return std::max(least, terminal_width(STDOUT_FILENO));
}

std::string json_line(const nlohmann::ordered_json& json) {
  nlohmann::ordered_json line{{"version", json_version}};
  line.update(json);
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace reel::apps
