// The code that the tests of checkpoints share.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include <reel/autodiff/core/file.h>
#include <reel/train/checkpoint.h>

#include "../temporary_folder.h"

namespace reel::inline REEL_PRECISION {
namespace train {

/// The base of a run whose `with_parts(f)` calls f with all parts that decide how it continues.
template <class Run>
struct SavedParts {
  void save(const std::filesystem::path& path) {
    run().with_parts([&](const auto&... parts) { save_checkpoint(path, parts...); });
  }
  void load(const std::filesystem::path& path) {
    run().with_parts([&](auto&... parts) { load_checkpoint(path, parts...); });
  }
  /// All parts as they are in a file.
  std::string bytes() {
    const TemporaryFolder folder;
    save(folder / "all");
    return read_file(folder / "all", "test", std::size_t{1} << 26);
  }

 private:
  Run& run() { return static_cast<Run&>(*this); }
};

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
