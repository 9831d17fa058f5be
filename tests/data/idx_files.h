// Makes small IDX files, plain and gzipped, in a folder that is removed after the test.
#pragma once

#include <doctest/doctest.h>
#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <reel/autodiff/core/error.h>

#include "../temporary_folder.h"

namespace reel::testing {

using Bytes = std::vector<std::uint8_t>;
using Kind = Error::Kind;

/// A folder with files of bytes.
struct TempFolder : TemporaryFolder {
  /// Writes a file and returns its path.
  std::filesystem::path write(const std::string& name, const Bytes& bytes) const {
    std::ofstream out(path / name, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
    REQUIRE(out.good());
    return path / name;
  }
};

/// A folder for tests that need none of their own.
inline const TempFolder& folder() {
  static const TempFolder made;
  return made;
}

inline Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

inline Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline Bytes first(const Bytes& bytes, std::size_t count) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count)};
}

inline Bytes big_endian(std::uint32_t x) {
  const auto byte = [x](int shift) { return static_cast<std::uint8_t>(x >> shift & 0xFF); };
  return {byte(24), byte(16), byte(8), byte(0)};
}

inline Bytes header(std::uint32_t magic, const std::vector<std::uint32_t>& sizes) {
  Bytes bytes = big_endian(magic);
  for (const std::uint32_t size : sizes) bytes = bytes + big_endian(size);
  return bytes;
}

/// n images; pixel p of image i is (37 i + p) mod 256.
inline Bytes images(std::uint32_t n, std::uint32_t rows = 2, std::uint32_t columns = 3) {
  Bytes bytes = header(0x803, {n, rows, columns});
  for (std::uint32_t i = 0; i < n; ++i)
    for (std::uint32_t p = 0; p < rows * columns; ++p)
      bytes.push_back(static_cast<std::uint8_t>(37 * i + p));
  return bytes;
}

inline Bytes labels(const Bytes& values) {
  return header(0x801, {static_cast<std::uint32_t>(values.size())}) + values;
}

/// One gzip member.
inline Bytes gzip(const Bytes& plain) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  Bytes packed(deflateBound(&stream, static_cast<uLong>(plain.size())));
  stream.next_in = const_cast<std::uint8_t*>(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

/// The Error that a call throws.
template <class F>
Error error_of(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no Error was thrown");
  return Error(Kind::failure, "");
}

/// Whether `error` has this kind, is one line, and contains each of `parts`; prints it if not.
inline bool says(const Error& error, Kind kind, const std::vector<std::string>& parts) {
  const std::string_view message = error.what();
  bool good = error.kind() == kind && message.find('\n') == message.npos;
  for (const std::string& part : parts) good &= message.find(part) != message.npos;
  if (!good) MESSAGE("kind ", static_cast<int>(error.kind()), ": ", std::string(message));
  return good;
}

}  // namespace reel::testing
