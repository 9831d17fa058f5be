// Colours and JSON.
#include "output.h"

#include <unistd.h>

#include <cstdlib>

namespace reel::apps {

bool colours() { return isatty(STDOUT_FILENO) && !std::getenv("NO_COLOR"); }

std::string json_line(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace reel::apps
