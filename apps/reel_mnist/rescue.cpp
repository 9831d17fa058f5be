// Trying one folder after the other.
#include "rescue.h"

#include <filesystem>
#include <optional>
#include <system_error>

#include <reel/autodiff/core/file.h>

namespace reel::mnist {
namespace {

namespace fs = std::filesystem;

// A name in the folder that no file has; nothing if there are too many.
std::optional<fs::path> unused_name(const fs::path& folder, const std::string& name) {
  constexpr int most = 100;
  std::error_code error;
  for (int i = 1; i <= most; ++i) {
    const fs::path path = folder / (i == 1 ? name : concat(name, '.', i));
    if (fs::symlink_status(path, error).type() == fs::file_type::not_found) return path;
  }
  return {};
}

}  // namespace

Rescue save_elsewhere(const nn::Module& model, const Architecture& architecture,
                      const std::string& path) {
  constexpr std::size_t longest = 200;  // of the 255 bytes that a name may have
  const std::string name = fs::path(path).filename().string().substr(0, longest) + ".rescued";
  std::error_code error;
  for (const fs::path& folder : {fs::current_path(error), fs::temp_directory_path(error)}) {
    if (folder.empty()) continue;
    const auto place = unused_name(folder, name);
    try {
      if (!place) continue;
      save(model, architecture, *place);
      return {place->string(), concat("The weights are in ", absolute_name(*place), " instead.")};
    } catch (const Error&) {  // on to the next folder
    }
  }
  return {"",
          "Neither the current nor the temporary folder took them: the trained weights are lost."};
}

}  // namespace reel::mnist
