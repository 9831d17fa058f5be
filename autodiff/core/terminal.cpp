// The width and the colours of the user's terminal.
#include <reel/autodiff/core/terminal.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace reel {
namespace {

std::string_view variable(const char* name) {
  const char* const text = std::getenv(name);
  return text ? text : "";
}

}  // namespace

bool is_terminal(int descriptor) {
  const std::string_view kind = variable("TERM");
  return !kind.empty() && kind != "dumb" && isatty(descriptor);
}

bool has_colours(int descriptor) { return is_terminal(descriptor) && variable("NO_COLOR").empty(); }

std::size_t terminal_width(int descriptor) {
  const std::string_view columns = variable("COLUMNS");
  const char* const end = columns.data() + columns.size();
  std::size_t width = 0;
  const auto [stop, error] = std::from_chars(columns.data(), end, width);
  if (error == std::errc() && stop == end && width > 0) return width;
  winsize window{};
  const bool known = ioctl(descriptor, TIOCGWINSZ, &window) == 0 && window.ws_col > 0;
  return known ? window.ws_col : 80;
}

}  // namespace reel
