// SharedBytes: an array of bytes in memory that never changes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace reel {

/// A handle; copies share the bytes.
class SharedBytes {
 public:
  SharedBytes() = default;
  SharedBytes(std::vector<std::uint8_t> bytes)  // NOLINT: implicit on purpose
      : bytes_(std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes))) {}

  const std::uint8_t* data() const noexcept { return bytes_ ? bytes_->data() : nullptr; }
  std::size_t size() const noexcept { return bytes_ ? bytes_->size() : 0; }
  bool empty() const noexcept { return size() == 0; }
  const std::uint8_t* begin() const noexcept { return data(); }
  const std::uint8_t* end() const noexcept { return data() + size(); }
  std::uint8_t operator[](std::size_t i) const noexcept { return data()[i]; }

  friend bool operator==(const SharedBytes& a, const SharedBytes& b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  std::shared_ptr<const std::vector<std::uint8_t>> bytes_;
};

}  // namespace reel
