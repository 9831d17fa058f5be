// Writes messages in the wire format of Protocol Buffers.
#include <reel/autodiff/core/protobuf.h>

#include <bit>

namespace reel::protobuf {
namespace {

enum WireType : std::uint32_t {
  varint_type = 0,
  eight_bytes = 1,
  length_delimited = 2,
  four_bytes = 5
};

std::uint32_t tag(std::uint32_t field, WireType type) { return field << 3 | type; }

}  // namespace

void Message::varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>((value & 0x7F) | 0x80);
  bytes_ += static_cast<char>(value);
}

Message& Message::number(std::uint32_t field, std::uint64_t value) {
  varint(tag(field, varint_type));
  varint(value);
  return *this;
}

void Message::little_endian(std::uint64_t value, int bits) {
  for (int shift = 0; shift < bits; shift += 8) bytes_ += static_cast<char>(value >> shift & 0xFF);
}

Message& Message::real(std::uint32_t field, float value) {
  varint(tag(field, four_bytes));
  little_endian(std::bit_cast<std::uint32_t>(value), 32);
  return *this;
}

Message& Message::real(std::uint32_t field, double value) {
  varint(tag(field, eight_bytes));
  little_endian(std::bit_cast<std::uint64_t>(value), 64);
  return *this;
}

Message& Message::text(std::uint32_t field, std::string_view bytes) {
  varint(tag(field, length_delimited));
  varint(bytes.size());
  bytes_ += bytes;
  return *this;
}

}  // namespace reel::protobuf
