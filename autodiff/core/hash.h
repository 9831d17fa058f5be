// A hash of numbers and texts that is the same on every machine.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace reel {

/// FNV-1a of 64 bits (Fowler, Noll and Vo; RFC 9923). It finds changes, but not forgeries.
class Hash {
 public:
  /// Adds the bytes of a number, the lowest first.
  template <std::unsigned_integral Word>
  void add(Word word) {
    for (std::size_t byte = 0; byte < sizeof(Word); ++byte)
      value_ = (value_ ^ ((word >> 8 * byte) & 0xFF)) * 0x100000001b3;
  }
  /// Adds the length of a text and its bytes.
  void add(std::string_view text) {
    add(std::uint64_t{text.size()});
    for (const char c : text) add(static_cast<unsigned char>(c));
  }
  std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325;
};

/// Such a value as people compare it: 16 hexadecimal digits.
std::string hash_text(std::uint64_t value);

}  // namespace reel
