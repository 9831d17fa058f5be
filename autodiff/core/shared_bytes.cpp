// Owned and mapped bytes.
#include <reel/autodiff/core/shared_bytes.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <reel/autodiff/core/file.h>

namespace reel {
namespace {

struct Mapping {
  void* start = nullptr;
  std::size_t size = 0;
  Mapping(void* s, std::size_t n) : start(s), size(n) {}
  ~Mapping() { munmap(start, size); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
};

struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) close(number);
  }
};

}  // namespace

SharedBytes::SharedBytes(std::vector<std::uint8_t> bytes) {
  auto owned = std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes));
  data_ = owned->data();
  size_ = owned->size();
  owner_ = std::move(owned);
}

SharedBytes SharedBytes::mapped(const std::filesystem::path& path, std::string_view where,
                                std::size_t start) {
  const auto refuse = [&](Error::Kind kind, const auto&... parts) {
    fail(kind, where, absolute_name(path), ": ", parts...);
  };
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat status = {};
  if (file.number < 0 || fstat(file.number, &status) != 0)
    refuse(errno == ENOENT ? Error::Kind::input : Error::Kind::system,
           "cannot be opened: ", std::strerror(errno), '.');
  if (!S_ISREG(status.st_mode))
    refuse(Error::Kind::system, "is no regular file, and only such a one can be mapped.");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size < start) refuse(Error::Kind::input, "ends after ", size, " bytes, within its header.");
  SharedBytes bytes;
  if (size == start) return bytes;
  void* const memory = mmap(nullptr, size, PROT_READ, MAP_SHARED, file.number, 0);
  if (memory == MAP_FAILED)
    refuse(Error::Kind::system, "cannot be mapped into memory: ", std::strerror(errno), '.');
  bytes.owner_ = std::make_shared<const Mapping>(memory, size);
  bytes.data_ = static_cast<const std::uint8_t*>(memory) + start;
  bytes.size_ = size - start;
  return bytes;
}

void prefer_large_pages(void* data, std::size_t size) noexcept {
#ifdef MADV_HUGEPAGE
  constexpr std::uintptr_t page = 4096;
  const auto begin = (reinterpret_cast<std::uintptr_t>(data) + page - 1) & ~(page - 1);
  const auto end = (reinterpret_cast<std::uintptr_t>(data) + size) & ~(page - 1);
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#else
  static_cast<void>(data), static_cast<void>(size);
#endif
}

}  // namespace reel
