// Whole files: read with errors that name them, written so that a failure leaves the old file
// alone.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include <reel/autodiff/core/error.h>

namespace reel {

/// `text` on one line: control characters become `\x0a` and the like.
std::string printable(std::string_view text);

/// The absolute, printable form of a path, as messages show it.
std::string absolute_name(const std::filesystem::path& path);

/// A file that is read once, from its start to its end; pipes and devices too. Its errors are named
/// `[where] /absolute/path: …`: kind input if there is no such file, system if it cannot be read.
class FileReader {
 public:
  FileReader(const std::filesystem::path& path, std::string_view where);
  ~FileReader();
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  /// The next `bytes` bytes, or fewer at the end of the file. Memory grows with what the file
  /// holds, not with `bytes`, so a size that was read from the file may be passed unchecked.
  std::string read(std::size_t bytes);

  /// Throws the error of a file whose contents are not what they should be (kind input).
  template <class... Parts>
  [[noreturn]] void reject(const Parts&... parts) const {
    fail(Error::Kind::input, where_, name_, ": ", parts...);
  }

 private:
  std::string where_, name_;
  int descriptor_;
  std::size_t left_ = 0;  // by the size of a regular file; a hint, since files change
};

/// The bytes of a file. Throws like FileReader, and with kind input if there are more than `limit`.
std::string read_file(const std::filesystem::path& path, std::string_view where, std::size_t limit);

/// Makes `contents` the contents of a file, entirely or not at all: they go to a new file in the
/// same folder, to the disk, and then take the old file's name and permissions (not its owner or
/// its other hard links). A symbolic link stays, the file that it leads to is replaced. What is not
/// a regular file (a pipe, /dev/null), or is an open one (/dev/stdout), is written to directly.
/// Throws Error of kind system; the old file is then as it was, and no other is left behind.
void write_file(const std::filesystem::path& path, std::string_view where,
                std::string_view contents);

}  // namespace reel
