// Tries one folder after the other.
#include "rescue.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <new>
#include <system_error>

#include <reel/autodiff/core/file.h>
#include <reel/train/stop_signals.h>

namespace reel::mnist {
namespace {

namespace fs = std::filesystem;

// Makes a new, empty file in the folder; returns an empty path if that fails.
fs::path new_file(const fs::path& folder, const std::string& name) {
  constexpr int most = 100;
  for (int i = 1; i <= most; ++i) {
    const fs::path path = folder / (i == 1 ? name : concat(name, '.', i));
    const int descriptor =
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno == EEXIST) continue;
    if (descriptor < 0) return {};
    ::close(descriptor);
    return path;
  }
  return {};
}

}  // namespace

Rescue save_elsewhere(const nn::Module& model, const Architecture& architecture,
                      const std::string& path) {
  constexpr std::size_t longest = 200;  // of the 255 bytes that a name may have
  const std::string name = fs::path(path).filename().string().substr(0, longest) + ".rescued";
  std::error_code error;
  const StopSignals::Hold hold;
  for (const fs::path& folder :
       {fs::current_path(error), fs::temp_directory_path(error), fs::path("/tmp")}) {
    const fs::path place = folder.empty() ? fs::path() : new_file(folder, name);
    if (place.empty()) continue;
    try {
      save(model, architecture, place);
      return {place.string(), concat("The weights are in ", absolute_name(place), " instead.")};
    } catch (const Error&) {
    } catch (const std::bad_alloc&) {
    }
    fs::remove(place, error);  // try the next folder
  }
  return {"",
          "Neither the current nor the temporary folder took them: the trained weights are lost."};
}

}  // namespace reel::mnist
