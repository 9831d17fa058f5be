// Colours, JSON and early refusals.
#include "output.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <reel/autodiff/core/file.h>

namespace reel::apps {

bool colours() { return isatty(STDOUT_FILENO) && !std::getenv("NO_COLOR"); }

std::string json_line(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

void check_can_write(const std::string& path, std::string_view where) {
  const auto refuse = [&](const char* why) {
    fail(Error::Kind::system, where, absolute_name(path), " can't be written: ", why, '.');
  };
  const std::filesystem::path target(path);
  std::error_code none;
  if (std::filesystem::is_directory(target, none)) refuse("it is a folder");
  if (std::filesystem::exists(target, none)) {
    if (access(target.c_str(), W_OK) != 0) refuse(std::strerror(errno));
    return;
  }
  const auto folder = std::filesystem::absolute(target).parent_path();
  if (access(folder.c_str(), W_OK | X_OK) != 0) refuse(std::strerror(errno));
}

}  // namespace reel::apps
