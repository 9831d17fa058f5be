// SharedBytes: a run of bytes that never change, in memory or in a file.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

namespace reel {

/// A handle; copies share the bytes.
class SharedBytes {
 public:
  SharedBytes() = default;
  SharedBytes(std::vector<std::uint8_t> bytes);  // NOLINT: implicit on purpose

  /// The bytes of a regular file from `start` on, mapped into memory: the system reads what is
  /// touched and may forget it again, so they can be more than memory holds. Who shortens the file
  /// meanwhile ends the process. Throws Error, in the name of `where`: kind input if there is no
  /// such file or it ends before `start`, system if it cannot be mapped.
  static SharedBytes mapped(const std::filesystem::path& path, std::string_view where,
                            std::size_t start);

  const std::uint8_t* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  const std::uint8_t* begin() const noexcept { return data_; }
  const std::uint8_t* end() const noexcept { return data_ + size_; }
  std::uint8_t operator[](std::size_t i) const noexcept { return data_[i]; }

  friend bool operator==(const SharedBytes& a, const SharedBytes& b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  std::shared_ptr<const void> owner_;
  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Asks the system to back the whole pages in [data, data + size) by large ones, before they are
/// written for the first time: rows that are read in random order then cost fewer walks through the
/// page tables.
void prefer_large_pages(void* data, std::size_t size) noexcept;

}  // namespace reel
