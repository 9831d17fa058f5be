// Reads the bytes of a file; decompresses a gzipped file on the fly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <reel/autodiff/core/file.h>

namespace reel::idx {

/// Reads a file from start to end, through a buffer of fixed size. Decompresses it if it begins
/// like a gzip file, whatever its name. Consecutive gzip members form one stream (RFC 1952, section
/// 2.2); any other data after a member is an error.
class InflatingReader {
 public:
  /// Throws Error: Kind::input if the file does not exist, Kind::system if it cannot be read.
  /// Messages begin with `[where]`.
  InflatingReader(const std::filesystem::path& path, std::string_view where);
  ~InflatingReader();
  InflatingReader(const InflatingReader&) = delete;
  InflatingReader& operator=(const InflatingReader&) = delete;

  /// Whether the file is gzipped.
  bool packed() const noexcept { return stream_ != nullptr; }

  /// The next bytes, at most so many; `read` will return them again. Throws as `read` does.
  std::string_view peek(std::size_t bytes);

  /// Fills `into` and returns the number of bytes. It is smaller than `into` only at the end of the
  /// file; then all checksums were right. Throws Error(Kind::input) if gzip data is cut short,
  /// corrupt or followed by other data.
  std::size_t read(std::span<std::uint8_t> into);

  /// Throws Error(Kind::input) with the message `[where] /absolute/path: parts…`.
  template <class... Parts>
  [[noreturn]] void reject(const Parts&... parts) const {
    file_.reject(parts...);
  }

 private:
  struct Stream;
  std::size_t read_on(std::span<std::uint8_t> into);
  bool refill();
  std::size_t copy(std::span<std::uint8_t> into);
  std::size_t inflate(std::span<std::uint8_t> into);
  void finish_member();

  FileReader file_;
  std::string peeked_;      // bytes that peek has read and read has not
  std::string buffer_;      // the last bytes read from the file
  std::size_t used_ = 0;    // how many of them are used up
  std::size_t before_ = 0;  // how many bytes were read before them
  std::unique_ptr<Stream> stream_;
};

}  // namespace reel::idx
