// CheckpointFolder: the last checkpoints of a run, and its best.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <vector>

#include <reel/train/checkpoint.h>
#include <reel/train/metrics.h>

namespace reel::inline REEL_PRECISION {
namespace train {

/// The options of CheckpointFolder.
struct CheckpointFolderOptions {
  std::size_t keep = 2;  ///< how many of the newest checkpoints to keep, beside the best
};

/// A folder with checkpoints of one run, each in one file. The name of a file tells in which order
/// it was saved, where the run was, and whether it was the best so far:
///
///     checkpoint-000012-epoch-3-batch-70-best.safetensors
///
/// Other files in the folder are ignored. Only one process at a time may save to a folder:
/// see FolderLock.
///
///     CheckpointFolder folder("run");
///     folder.load(model, adam, rng, position);  // continues an earlier run, if there is one
///     … {.on_epoch = [&](const EpochReport& report) {
///       folder.save(position, early.best_epoch() == report.epoch, model, adam, rng, position);
///     }} …
class CheckpointFolder {
 public:
  /// `save` makes the folder if it does not exist. Throws Error if `keep` is 0.
  explicit CheckpointFolder(std::filesystem::path folder,
                            const CheckpointFolderOptions& options = {});

  /// Saves parts as `save_checkpoint` does, and deletes all other checkpoints except the newest and
  /// the best, and files that an interrupted save left behind. Returns the path of the checkpoint.
  /// Throws Error (system) if the checkpoint cannot be saved; then all earlier ones are still
  /// there.
  template <class... Parts>
  std::filesystem::path save(const Position& position, bool best, const Parts&... parts) {
    std::filesystem::path path = next(position, best);
    save_checkpoint(path, parts...);
    delete_old();
    return path;
  }

  /// Loads the newest checkpoint as `load_checkpoint` does; returns false if there is none. If the
  /// file is damaged or does not fit the parts, throws Error (input), which names the checkpoint
  /// before it; all parts are unchanged then.
  template <class... Parts>
  bool load(Parts&... parts) const {
    return load_newest({detail::part_of(parts)...});
  }

  /// The same for the first parts alone, as load_first_parts does.
  template <class... Parts>
  bool load_first_parts(Parts&... parts) const {
    return load_newest({detail::part_of(parts)...}, true);
  }

  /// The path of the checkpoint that was saved last. Like `best`, throws Error (system) if the
  /// folder cannot be read; it need not exist.
  std::optional<std::filesystem::path> newest() const;
  /// The path of the last checkpoint that was saved as the best.
  std::optional<std::filesystem::path> best() const;
  /// The path of the folder.
  const std::filesystem::path& path() const noexcept { return folder_; }

 private:
  struct File {
    std::size_t number, epoch, batch;
    bool best;

    std::string name() const;
  };

  std::vector<File> files() const;  // in the order of their numbers
  std::filesystem::path path_of(const File& file) const { return folder_ / file.name(); }
  std::filesystem::path next(const Position& position, bool best) const;
  void delete_old() const;
  bool load_newest(const std::vector<detail::Part>& parts, bool first_only = false) const;

  std::filesystem::path folder_;
  std::size_t keep_;
};

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
