// FileBytes: a run of bytes in a file, read as they are asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

namespace reel {

/// A handle; copies share the open file. Threads may read at the same time. The system keeps in
/// memory what it has room for, so there can be more bytes than memory holds.
class FileBytes {
 public:
  /// The bytes of a regular file from `start` to its end. Throws Error, in the name of `where`:
  /// kind input if there is no such file or it ends before `start`, system if it cannot be opened
  /// or is not a regular file.
  FileBytes(const std::filesystem::path& path, std::string_view where, std::size_t start);

  std::size_t size() const noexcept;
  /// Fills `into` with the bytes from `first` on. Throws Error: kind input if the file has become
  /// shorter than that, system if it cannot be read.
  void read(std::size_t first, std::span<std::uint8_t> into) const;

 private:
  struct File;
  std::shared_ptr<const File> file_;
};

}  // namespace reel
