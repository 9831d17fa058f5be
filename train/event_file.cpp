// Protocol buffers (protobuf.dev/programming-guides/encoding) in TFRecords.
#include <reel/train/event_file.h>

#include <unistd.h>

#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/protobuf.h>

namespace reel {
namespace {

constexpr std::array<std::uint32_t, 256> crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78 : 0);  // the polynomial, lowest power first
    table[byte] = crc;
  }
  return table;
}();

// A CRC of bytes that contain CRCs is weak, so a TFRecord has this function of it.
std::uint32_t masked_crc(std::string_view bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xA282EAD8;
}

// The bytes of a number, the lowest first.
template <class Number>
std::string little_endian(Number number) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof(number); ++i)
    bytes += static_cast<char>(number >> 8 * i & 0xFF);
  return bytes;
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string host() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 && name[0] ? name.data() : "localhost";
}

std::string new_name() {
  static std::atomic<std::size_t> files{0};
  return concat("events.out.tfevents.", static_cast<std::uint64_t>(now()), '.', host(), '.',
                ::getpid(), '.', files++);
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) noexcept {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes)
    crc = crc >> 8 ^ crc_table[(crc ^ static_cast<std::uint8_t>(byte)) & 0xFF];
  return ~crc;
}

EventFile::EventFile(const std::filesystem::path& folder) : path_(folder / new_name()) {
  make_folder(folder, "tensorboard");
  out_.open(path_, std::ios::binary);
  if (!out_) fail_to_write();
  // Event: wall_time = 1, step = 2, file_version = 3, summary = 5
  write(protobuf::Message().real(1, now()).text(3, "brain.Event:2").bytes());
  flush();
}

void EventFile::add(std::size_t step, std::span<const EventScalar> scalars) {
  protobuf::Message summary;
  for (const auto& [tag, value] : scalars)  // Summary: value = 1; Value: tag = 1, simple_value = 2
    summary.message(1, protobuf::Message().text(1, tag).real(2, static_cast<float>(value)));
  write(protobuf::Message().real(1, now()).number(2, step).message(5, summary).bytes());
}

void EventFile::flush() {
  if (!out_.flush()) fail_to_write();
}

void EventFile::write(std::string_view event) {
  const std::string length = little_endian(std::uint64_t{event.size()});
  out_ << length << little_endian(masked_crc(length)) << event << little_endian(masked_crc(event));
  if (!out_) fail_to_write();
}

void EventFile::fail_to_write() const {
  fail(Error::Kind::system, "tensorboard", absolute_name(path_),
       ": cannot be written: ", std::strerror(errno), '.');
}

}  // namespace reel
