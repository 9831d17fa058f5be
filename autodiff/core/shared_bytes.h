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
  /// Takes the bytes over; copies of this object share them.
  SharedBytes(std::vector<std::uint8_t> bytes)  // NOLINT: implicit on purpose
      : bytes_(std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes))) {}

  /// The first byte; null if there are none.
  const std::uint8_t* data() const noexcept { return bytes_ ? bytes_->data() : nullptr; }
  /// The number of bytes.
  std::size_t size() const noexcept { return bytes_ ? bytes_->size() : 0; }
  /// Whether there are no bytes.
  bool empty() const noexcept { return size() == 0; }
  /// The first byte.
  const std::uint8_t* begin() const noexcept { return data(); }
  /// The place after the last byte.
  const std::uint8_t* end() const noexcept { return data() + size(); }
  /// Byte i, unchecked.
  std::uint8_t operator[](std::size_t i) const noexcept { return data()[i]; }

  /// Whether both hold the same bytes.
  friend bool operator==(const SharedBytes& a, const SharedBytes& b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  std::shared_ptr<const std::vector<std::uint8_t>> bytes_;
};

}  // namespace reel
