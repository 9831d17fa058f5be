// Reads and writes whole files. Errors name the file; a write that fails leaves the old file
// unchanged.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include <reel/autodiff/core/error.h>

namespace reel {

/// `text` on one line: control characters, line separators, characters that change the writing
/// direction, and bytes that are not UTF-8 are escaped, as in `\x0a`.
std::string printable(std::string_view text);

/// Text from a file, as messages show it: in quotes, printable, at most 80 bytes.
std::string in_quotes(std::string_view text);

/// Whether this errno, set by opening a file, means that the file does not exist.
bool is_missing(int error) noexcept;

/// The absolute, printable form of a path, as messages show it.
std::string absolute_name(const std::filesystem::path& path);

/// Reads a file, a pipe or a device once, from start to end. Its errors have the message `[where]
/// /absolute/path: …`: kind input if the file does not exist, system if it cannot be read.
class FileReader {
 public:
  FileReader(const std::filesystem::path& path, std::string_view where);
  ~FileReader();
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  /// The next `bytes` bytes, or fewer at the end of the file. Memory grows only with the bytes that
  /// are actually read, so `bytes` may be an unchecked size from the file.
  std::string read(std::size_t bytes);

  /// Throws an Error of kind input: the contents of the file are wrong.
  template <class... Parts>
  [[noreturn]] void reject(const Parts&... parts) const {
    fail(Error::Kind::input, where_, name_, ": ", parts...);
  }

 private:
  std::string where_, name_;
  int descriptor_;
  std::size_t left_ = 0;  // from the size of a regular file; only a hint, since files change
};

/// All bytes of a file. Throws as FileReader does, and with kind input if there are more than
/// `limit`.
std::string read_file(const std::filesystem::path& path, std::string_view where, std::size_t limit);

/// Replaces the contents of a file, entirely or not at all. Writes a new file in the same folder,
/// syncs it to the disk, and renames it to the old name. The new file has the old permissions, but
/// not the old owner or hard links. A symbolic link stays; the file that it leads to is replaced.
/// Writes directly to a path that is not a regular file (a pipe, /dev/null) or is an open one
/// (/dev/stdout). Throws Error of kind system; then the old file is unchanged and no other file is
/// left behind. Only if the last step fails, the sync of the folder, the new file is in place, but
/// might not survive a power cut.
void write_file(const std::filesystem::path& path, std::string_view where,
                std::string_view contents);

/// Throws the Error that write_file would throw, so that a program fails before a long computation
/// and not after it: for a missing folder, a folder that allows no new file, a name that is too
/// long, a file that this user may not replace. Leaves no trace. Cannot detect a full disk.
void check_can_write(const std::filesystem::path& path, std::string_view where);

/// Makes a folder, and those above it, unless they exist. Throws Error of kind system.
void make_folder(const std::filesystem::path& path, std::string_view where);

/// While it is alive, no other lock of the same folder can be made, also not by another process. A
/// file system without locks allows several.
class FolderLock {
 public:
  /// Throws Error of kind system if somebody else has a lock of the folder, or if it cannot be
  /// opened.
  FolderLock(const std::filesystem::path& folder, std::string_view where);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

/// Whether the name is one that write_file gives to a new file before it is complete. If a program
/// dies meanwhile, such a file is left behind.
bool is_temporary(const std::filesystem::path& path);

/// Whether write_file would replace the same file for both paths.
bool same_file(const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace reel
