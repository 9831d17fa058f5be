// Reading and writing whole files with the calls of POSIX.
#include <reel/autodiff/core/file.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

namespace reel {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t first_chunk = 1 << 16;
constexpr std::size_t largest_call = 1 << 30;  // POSIX does not define counts above SSIZE_MAX

std::string reason(int error) { return std::generic_category().message(error); }

int open_file(const fs::path& path, int flags, mode_t mode = 0) {
  if (path.native().find('\0') != std::string::npos) {
    errno = EINVAL;
    return -1;
  }
  int descriptor;
  do descriptor = ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, mode);
  while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

// Each step of writing returns 0 or an errno, so that one place undoes all steps.
int write_all(int descriptor, std::string_view rest) {
  while (!rest.empty()) {
    const ssize_t count = ::write(descriptor, rest.data(), std::min(rest.size(), largest_call));
    if (count >= 0)
      rest.remove_prefix(static_cast<std::size_t>(count));
    else if (errno != EINTR)
      return errno;
  }
  return 0;
}

int synchronize(int descriptor) {
  while (::fsync(descriptor) != 0)
    if (errno != EINTR) return errno;
  return 0;
}

// When close fails with EINTR, Linux has closed the descriptor nevertheless.
int close_file(int descriptor) { return ::close(descriptor) == 0 || errno == EINTR ? 0 : errno; }

int write_directly(const fs::path& path, std::string_view contents) {
  const int descriptor = open_file(path, O_WRONLY | O_APPEND);
  if (descriptor < 0) return errno;
  const int error = write_all(descriptor, contents);
  const int close_error = close_file(descriptor);
  return error ? error : close_error;
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// The file at the end of a chain of symbolic links; nothing if a link in the chain stands for an
// open descriptor, as /dev/stdout does.
std::optional<fs::path> follow_links(fs::path path) {
  std::error_code error;
  for (int links = 0; links < 40 && fs::is_symlink(fs::symlink_status(path, error)); ++links) {
    const fs::path folder = folder_of(path);
    if (fs::canonical(folder, error).native().starts_with("/proc/")) return std::nullopt;
    path = folder / fs::read_symlink(path, error);
  }
  return path;
}

// The file that a path leads to.
struct Target {
  fs::path path;
  struct stat status = {};
  bool exists = false;
  bool direct = false;  // write_file writes to it instead of replacing it
};

// Fills in the target; returns 0 or an errno.
int find_target(const fs::path& path, Target& target) {
  if (path.native().find('\0') != std::string::npos) return EINVAL;
  if (path.empty()) return ENOENT;
  target.exists = ::stat(path.c_str(), &target.status) == 0;
  if (!target.exists && errno != ENOENT) return errno;
  const std::optional<fs::path> end = follow_links(path);
  target.direct = target.exists && (!end || !S_ISREG(target.status.st_mode));
  target.path = target.direct ? path : end.value_or(path);
  if (target.exists && S_ISDIR(target.status.st_mode)) return EISDIR;
  const bool closed = target.exists && ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0;
  return closed ? errno : 0;
}

// The names of temporary files: ".reel-", the process, '-', a count, ".tmp".
constexpr std::string_view temporary_start = ".reel-", temporary_end = ".tmp";

// Creates a file with a new name beside the target; returns its descriptor, or -1 and sets errno.
std::pair<fs::path, int> create_temporary(const Target& target, mode_t mode) {
  static std::atomic<unsigned> counter{0};
  const fs::path folder = folder_of(target.path);
  for (;;) {
    fs::path path = folder / concat(temporary_start, ::getpid(), '-', counter++, temporary_end);
    const int descriptor = open_file(path, O_WRONLY | O_CREAT | O_EXCL, mode);
    if (descriptor >= 0 || errno != EEXIST) return {std::move(path), descriptor};
  }
}

// In a sticky folder, such as /tmp, only the owner of a file or of the folder may replace it.
bool may_replace(const Target& target) {
  struct stat folder = {};
  const uid_t user = ::geteuid();
  return !target.exists || user == 0 || user == target.status.st_uid ||
         ::stat(folder_of(target.path).c_str(), &folder) != 0 || !(folder.st_mode & S_ISVTX) ||
         user == folder.st_uid;
}

int rename_file(const fs::path& from, const fs::path& to) {
  while (::rename(from.c_str(), to.c_str()) != 0)
    if (errno != EINTR) return errno;
  return 0;
}

// Lets the new names in a folder survive a power cut. It is no error if the folder may not be
// opened, or if its file system cannot sync folders.
int synchronize_folder(const fs::path& folder) {
  const int handle = open_file(folder, O_RDONLY | O_DIRECTORY);
  if (handle < 0) return errno == EACCES ? 0 : errno;
  const int error = synchronize(handle);
  close_file(handle);
  return error == EINVAL || error == ENOTSUP || error == EROFS ? 0 : error;
}

int replace(const Target& target, std::string_view contents) {
  const mode_t mode = target.exists ? target.status.st_mode & 0777 : 0666;
  const auto [temporary, descriptor] = create_temporary(target, mode);
  if (descriptor < 0) return errno;
  // If fchmod fails, the new file lacks the permissions that the umask removed, and has no extra.
  if (target.exists) static_cast<void>(::fchmod(descriptor, mode) == 0);
  int error = write_all(descriptor, contents);
  if (!error) error = synchronize(descriptor);
  const int close_error = close_file(descriptor);
  if (!error) error = close_error;
  if (!error) error = rename_file(temporary, target.path);
  if (error) {
    ::unlink(temporary.c_str());
    return error;
  }
  return synchronize_folder(folder_of(target.path));
}

int write_to(const fs::path& path, std::string_view contents) {
  Target target;
  if (const int error = find_target(path, target)) return error;
  return target.direct ? write_directly(path, contents) : replace(target, contents);
}

// The error that write_to would return, as far as one can know it without writing.
int try_to_write(const fs::path& path) {
  Target target;
  if (const int error = find_target(path, target)) return error;
  if (target.direct) return 0;
  if (!may_replace(target)) return EPERM;
  const auto [temporary, descriptor] = create_temporary(target, 0600);
  if (descriptor < 0) return errno;
  close_file(descriptor);
  ::unlink(temporary.c_str());
  return 0;
}

// Makes a folder, and those above it that are missing.
int make_missing(const fs::path& path) {
  int error = ::mkdir(path.c_str(), 0777) == 0 ? 0 : errno;
  if (error == ENOENT && path.has_parent_path()) {
    error = make_missing(path.parent_path());
    if (!error || error == EEXIST) error = ::mkdir(path.c_str(), 0777) == 0 ? 0 : errno;
  }
  return error ? error : synchronize_folder(folder_of(path));
}

[[noreturn]] void fail_to_write(const fs::path& path, std::string_view where, int error) {
  fail(Error::Kind::system, where, absolute_name(path), ": cannot be written: ", reason(error),
       '.');
}

}  // namespace

std::string absolute_name(const fs::path& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  return printable(error ? path.native() : absolute.native());
}

bool is_missing(int error) noexcept {
  return error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG;
}

FileReader::FileReader(const fs::path& path, std::string_view where)
    : where_(where), name_(absolute_name(path)), descriptor_(open_file(path, O_RDONLY)) {
  if (descriptor_ < 0) {
    const int error = errno;
    fail(is_missing(error) ? Error::Kind::input : Error::Kind::system, where_, name_,
         ": cannot be opened: ", reason(error), '.');
  }
  struct stat status {};
  if (::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode))
    left_ = static_cast<std::size_t>(status.st_size);
}

FileReader::~FileReader() { close_file(descriptor_); }

std::string FileReader::read(std::size_t bytes) try {
  std::string text;
  std::size_t used = 0;
  while (used < bytes) {
    if (used == text.size())  // one byte more than is left, to find the end without growing again
      text.resize(std::min(bytes, used ? 2 * used : std::max(left_ + 1, first_chunk)));
    const std::size_t wanted = std::min(text.size() - used, largest_call);
    const ssize_t count = ::read(descriptor_, text.data() + used, wanted);
    if (count == 0) break;
    if (count > 0)
      used += static_cast<std::size_t>(count);
    else if (errno != EINTR)
      fail(Error::Kind::system, where_, name_, ": cannot be read: ", reason(errno), '.');
  }
  left_ -= std::min(left_, used);
  text.resize(used);
  return text;
} catch (const std::bad_alloc&) {
  fail(Error::Kind::system, where_, name_, ": does not fit into memory.");
}

std::string read_file(const fs::path& path, std::string_view where, std::size_t limit) {
  FileReader file(path, where);
  std::string text = file.read(limit);
  if (!file.read(1).empty())
    file.reject("holds more than ", limit, " bytes, expected at most that.");
  return text;
}

void write_file(const fs::path& path, std::string_view where, std::string_view contents) {
  if (const int error = write_to(path, contents)) fail_to_write(path, where, error);
}

void check_can_write(const fs::path& path, std::string_view where) {
  if (const int error = try_to_write(path)) fail_to_write(path, where, error);
}

void make_folder(const fs::path& path, std::string_view where) {
  int error = make_missing(path);
  struct stat status {};
  if (error == EEXIST && ::stat(path.c_str(), &status) == 0)
    error = S_ISDIR(status.st_mode) ? 0 : ENOTDIR;
  if (error)
    fail(Error::Kind::system, where, absolute_name(path), ": cannot be made: ", reason(error), '.');
}

FolderLock::FolderLock(const fs::path& folder, std::string_view where)
    : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (descriptor_ < 0)
    fail(Error::Kind::system, where, absolute_name(folder), ": cannot be opened: ", reason(errno),
         '.');
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  ::close(descriptor_);
  fail(Error::Kind::system, where, absolute_name(folder), ": another process uses the folder.");
}

FolderLock::~FolderLock() { ::close(descriptor_); }

bool is_temporary(const fs::path& path) {
  const std::string name = path.filename();
  if (!name.starts_with(temporary_start) || !name.ends_with(temporary_end)) return false;
  const std::size_t length = temporary_start.size() + temporary_end.size();
  const std::string_view numbers =
      std::string_view(name).substr(temporary_start.size(), name.size() - length);
  return !numbers.empty() && numbers.find_first_not_of("0123456789-") == std::string::npos;
}

bool same_file(const fs::path& a, const fs::path& b) {
  Target first, second;
  if (find_target(a, first) || find_target(b, second) || first.direct || second.direct)
    return false;
  std::error_code error;
  return first.path.filename() == second.path.filename() &&
         fs::equivalent(folder_of(first.path), folder_of(second.path), error);
}

}  // namespace reel
