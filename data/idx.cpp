// The IDX format: a magic number, the sizes of the axes, then the elements as bytes.
#include <reel/data/idx.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <new>
#include <span>
#include <string>
#include <system_error>

#include <reel/autodiff/core/large_pages.h>

namespace reel::idx {
namespace {

constexpr std::uint32_t unsigned_bytes = 0x08;  // the third byte of the magic number

// Big-endian, like all numbers in an IDX header.
std::uint32_t to_number(std::span<const std::uint8_t, 4> b) {
  return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
}

std::string hex(std::uint32_t value) {
  std::array<char, 11> text{};
  std::snprintf(text.data(), text.size(), "0x%08X", static_cast<unsigned>(value));
  return text.data();
}

// A guess about the kind of file that has this other magic number.
std::string hint(std::uint32_t magic) {
  if (magic == 0x00000801) return " Hint: this is a label file.";
  if (magic == 0x00000803) return " Hint: this is an image file.";
  if (magic >> 16 == 0x1F8B) return " Hint: it was gzipped twice.";
  if (magic == 0x504B0304) return " Hint: this is a zip archive; unpack it first.";
  if (magic >> 24 == '<') return " Hint: this looks like a web page; the download went wrong.";
  if (magic >> 16 != 0) return " Hint: this is no IDX file.";
  const std::uint32_t type = magic >> 8;
  if (type == unsigned_bytes) return concat(" Hint: it has ", magic & 0xFF, " dimensions.");
  const char* name = type == 0x09   ? "signed bytes"
                     : type == 0x0B ? "16-bit integers"
                     : type == 0x0C ? "32-bit integers"
                     : type == 0x0D ? "32-bit floats"
                     : type == 0x0E ? "64-bit floats"
                                    : "of an unknown type";
  return concat(" Hint: its elements are ", name, ", expected unsigned bytes.");
}

std::string product(const std::vector<std::size_t>& shape) {
  std::string text;
  for (const std::size_t size : shape) text += (text.empty() ? "" : "×") + std::to_string(size);
  return text;
}

class Reader {
 public:
  // `file_size`: in bytes; 0 if it is not known.
  Reader(InflatingReader& file, std::size_t dimensions, std::size_t file_size)
      : file_(file), header_(4 + 4 * dimensions), file_size_(file_size) {
    if (dimensions == 0 || dimensions > 255)
      fail_usage("mnist", "an IDX file has 1 to 255 dimensions, asked for ", dimensions, '.');
  }

  Array read() {
    Array array = read_header();
    array.bytes = read_bytes(array);
    return array;
  }

  ArrayInFile open(const std::filesystem::path& path) {
    const Array array = read_header();
    if (file_.packed())
      file_.reject("is gzipped, and only a plain file can be streamed. Hint: gunzip -k it.");
    const FileBytes bytes(path, "mnist", header_);
    const std::size_t claimed = claim(array);
    if (bytes.size() != claimed)
      file_.reject(bytes.size() < claimed ? "truncated: " : "too long: ", header_ + bytes.size(),
                   " bytes", expected(array, claimed));
    return {array.shape, bytes};
  }

 private:
  // Reads the shape; the elements follow later.
  Array read_header() {
    const auto dimensions = static_cast<std::uint32_t>(header_ / 4 - 1);
    const std::uint32_t expected = unsigned_bytes << 8 | dimensions;
    const std::uint32_t magic = next_number();
    if (magic != expected)
      file_.reject("magic ", hex(magic), ", expected ", hex(expected), '.', hint(magic));
    Array array;
    for (std::uint32_t axis = 0; axis < dimensions; ++axis) array.shape.push_back(next_number());
    return array;
  }

  std::uint32_t next_number() {
    std::array<std::uint8_t, 4> bytes{};
    const std::size_t count = file_.read(bytes);
    taken_ += count;
    if (taken_ == 0) file_.reject("is empty, expected an IDX file.");
    if (count < bytes.size())
      file_.reject("ends within its header: ", taken_, " bytes", unpacked(), ", expected at least ",
                   header_, '.');
    return to_number(bytes);
  }

  // The number of elements that the header claims. Throws if the file cannot contain as many.
  std::size_t claim(const Array& array) const {
    std::size_t count = 1;
    bool overflow = false;
    for (const std::size_t size : array.shape) {
      if (size == 0) return 0;
      overflow |= count > std::numeric_limits<std::size_t>::max() / 2 / size;
      count *= size;
    }
    if (overflow)
      file_.reject("its header claims ", product(array.shape),
                   " bytes, more than any file has; it is corrupt.");
    return count;
  }

  // Allocates at first only as much as the size of the file supports, four times as much if it is
  // gzipped, and then at most twice as much as has arrived.
  std::vector<std::uint8_t> read_bytes(const Array& array) {
    std::vector<std::uint8_t> bytes;
    const std::size_t claimed = claim(array);
    const std::size_t start =
        file_size_ > claimed ? claimed : file_size_ * (file_.packed() ? 4 : 1);
    std::size_t done = 0, room = std::min(claimed, std::max(start, smallest_room));
    for (;;) {
      bytes.reserve(room);
      prefer_large_pages(bytes.data(), room);
      bytes.resize(room);
      done += file_.read(std::span(bytes).subspan(done));
      if (done < room)
        file_.reject("truncated: ", header_ + done, " bytes", unpacked(), expected(array, claimed));
      if (done == claimed) break;
      room = claimed - room < room ? claimed : 2 * room;
    }
    std::uint8_t beyond = 0;  // asking for one more byte makes zlib check the CRC
    if (file_.read({&beyond, 1}) != 0)
      file_.reject("too long: more than ", header_ + claimed, " bytes", unpacked(),
                   expected(array, claimed));
    return bytes;
  }

  std::string expected(const Array& array, std::size_t claimed) const {
    return concat(", expected ", header_ + claimed, " (", header_, " + ", product(array.shape),
                  ").");
  }

  const char* unpacked() const { return file_.packed() ? " unpacked" : ""; }

  static constexpr std::size_t smallest_room = 1 << 16;

  InflatingReader& file_;
  std::size_t header_;     // bytes of the header
  std::size_t taken_ = 0;  // header bytes read so far
  std::size_t file_size_;
};

// 0 if it is not known, as of a pipe.
std::size_t size_of(const std::filesystem::path& path) {
  std::error_code unknown;
  const auto size = std::filesystem::file_size(path, unknown);
  return unknown ? 0 : static_cast<std::size_t>(size);
}

}  // namespace

ArrayInFile open(const std::filesystem::path& path, std::size_t dimensions) {
  InflatingReader file(path, "mnist");
  return Reader(file, dimensions, size_of(path)).open(path);
}

Array read(const std::filesystem::path& path, std::size_t dimensions) {
  try {
    InflatingReader file(path, "mnist");
    return Reader(file, dimensions, size_of(path)).read();
  } catch (const std::bad_alloc&) {
    fail(Error::Kind::system, "mnist", absolute_name(path), ": does not fit into memory.");
  }
}

Array read(InflatingReader& file, std::size_t dimensions) {
  return Reader(file, dimensions, 0).read();
}

}  // namespace reel::idx
