// Whole files: read with errors that name them, written so that a failure leaves the old file
// alone.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include <reel/autodiff/core/error.h>

namespace reel {

/// `text` on one line: control characters, those that end lines or turn the direction of writing,
/// and bytes that are not UTF-8 become `\x0a` and the like.
std::string printable(std::string_view text);

/// Text of a file as messages show it: in quotes, printable, at most 80 bytes of it.
std::string in_quotes(std::string_view text);

/// Whether an errno of opening a file says that there is no such file.
bool is_missing(int error) noexcept;

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

/// Throws the Error that write_file would throw, as far as it can be known beforehand, so that a
/// program does not compute for hours what it cannot write: a missing folder, one that allows no
/// new file, a name too long, a file that this user may not replace. Leaves no trace. (A full disk
/// only shows in write_file.)
void check_can_write(const std::filesystem::path& path, std::string_view where);

/// Whether write_file would replace the same file by both.
bool same_file(const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace reel
