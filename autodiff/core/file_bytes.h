// FileBytes: a range of bytes in a file, read on request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

namespace reel {

/// A handle; copies share the open file. Threads may read at the same time. The operating system
/// caches the file, so the file may be larger than the memory.
class FileBytes {
 public:
  /// The bytes of a regular file from `start` to its end. Throws Error, in the name of `where`:
  /// kind input if the file does not exist or ends before `start`, system if it cannot be opened or
  /// is not a regular file.
  FileBytes(const std::filesystem::path& path, std::string_view where, std::size_t start);

  /// The number of bytes.
  std::size_t size() const noexcept;
  /// Fills `into` with the bytes from `first` on. Throws Error: kind input if the file has become
  /// too short, system if it cannot be read.
  void read(std::size_t first, std::span<std::uint8_t> into) const;

 private:
  struct File;
  std::shared_ptr<const File> file_;
};

}  // namespace reel
