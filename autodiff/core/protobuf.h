// Writes messages in the wire format of Protocol Buffers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace reel::protobuf {

/// A message: its fields one after the other, in the order of the calls. A field is a tag (its
/// number and the type on the wire) and a value.
/// (https://protobuf.dev/programming-guides/encoding/)
class Message {
 public:
  /// A whole number, as a varint: seven bits in each byte, the lowest first.
  Message& number(std::uint32_t field, std::uint64_t value);
  /// A float, as its four bytes.
  Message& real(std::uint32_t field, float value);
  /// A double, as its eight bytes.
  Message& real(std::uint32_t field, double value);
  /// A text, or any other bytes.
  Message& text(std::uint32_t field, std::string_view bytes);
  /// A message within this one.
  Message& message(std::uint32_t field, const Message& part) { return text(field, part.bytes_); }

  /// The message as it is in a file.
  const std::string& bytes() const noexcept { return bytes_; }

 private:
  void varint(std::uint64_t value);
  void little_endian(std::uint64_t value, int bits);

  std::string bytes_;
};

}  // namespace reel::protobuf
