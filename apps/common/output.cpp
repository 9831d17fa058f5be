// Colours, the terminal and JSON.
#include "output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace reel::apps {

bool colours() { return isatty(STDOUT_FILENO) && !std::getenv("NO_COLOR"); }

std::size_t output_width() {
  constexpr std::size_t least = 40, usual = 80;
  const char* const text = std::getenv("COLUMNS");
  std::size_t width = text ? std::strtoul(text, nullptr, 10) : 0;
  ::winsize window{};
  if (width == 0 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0) width = window.ws_col;
  return width == 0 ? usual : std::max(least, width);
}

std::string json_line(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace reel::apps
