// Reads with pread. A memory mapping would end the process by SIGBUS if somebody truncates the file
// or the disk fails; docs/performance.md gives the cost of pread.
#include <reel/autodiff/core/file_bytes.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include <reel/autodiff/core/file.h>

namespace reel {

struct FileBytes::File {
  std::string where, name;
  int descriptor = -1;
  std::size_t start = 0, size = 0;

  File(const std::filesystem::path& path, std::string_view w)
      : where(w), name(absolute_name(path)) {
    do descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    while (descriptor < 0 && errno == EINTR);
  }
  ~File() {
    if (descriptor >= 0) ::close(descriptor);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  template <class... Parts>
  [[noreturn]] void refuse(Error::Kind kind, const Parts&... parts) const {
    fail(kind, where, name, ": ", parts..., '.');
  }
  [[noreturn]] void refuse(const char* what, int error) const {
    refuse(is_missing(error) ? Error::Kind::input : Error::Kind::system, what,
           std::generic_category().message(error));
  }
};

FileBytes::FileBytes(const std::filesystem::path& path, std::string_view where, std::size_t start) {
  const auto file = std::make_shared<File>(path, where);
  struct stat status = {};
  if (file->descriptor < 0 || ::fstat(file->descriptor, &status) != 0)
    file->refuse("cannot be opened: ", errno);
  if (!S_ISREG(status.st_mode))
    file->refuse(Error::Kind::system, "is not a regular file, so it cannot be read in any order");
  const auto bytes = static_cast<std::size_t>(status.st_size);
  if (bytes < start)
    file->refuse(Error::Kind::input, "ends after ", bytes, " bytes, within its header");
  file->start = start;
  file->size = bytes - start;
  file_ = file;
}

std::size_t FileBytes::size() const noexcept { return file_->size; }

void FileBytes::read(std::size_t first, std::span<std::uint8_t> into) const {
  for (std::size_t done = 0; done < into.size();) {
    const std::size_t place = file_->start + first + done;
    const ssize_t count = ::pread(file_->descriptor, into.data() + done, into.size() - done,
                                  static_cast<off_t>(place));
    if (count > 0)
      done += static_cast<std::size_t>(count);
    else if (count == 0)
      file_->refuse(Error::Kind::input, "ends before byte ", place + 1, ", and had ",
                    file_->start + file_->size,
                    " bytes when it was opened. It was cut short meanwhile");
    else if (errno != EINTR)
      file_->refuse("cannot be read: ", errno);
  }
}

}  // namespace reel
