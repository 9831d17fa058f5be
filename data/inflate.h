// Reads the bytes of a file; decompresses a gzipped file on the fly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include <reel/autodiff/core/file.h>

namespace reel::idx {

/// Reads a file from start to end, through a buffer of fixed size. Decompresses it if it begins
/// like a gzip file, whatever its name. Consecutive gzip members form one stream (RFC 1952, section
/// 2.2); any other data after a member is an error.
class InflatingReader {
 public:
  /// Throws Error: Kind::input if the file does not exist, Kind::system if it cannot be read.
  explicit InflatingReader(const std::filesystem::path& path);
  ~InflatingReader();
  InflatingReader(const InflatingReader&) = delete;
  InflatingReader& operator=(const InflatingReader&) = delete;

  /// Whether the file is gzipped.
  bool packed() const noexcept { return stream_ != nullptr; }

  /// Fills `into` and returns the number of bytes. It is smaller than `into` only at the end of the
  /// file; then all checksums were right. Throws Error(Kind::input) if gzip data is cut short,
  /// corrupt or followed by other data.
  std::size_t read(std::span<std::uint8_t> into);

  /// Throws Error(Kind::input) with the message `[mnist] /absolute/path: parts…`.
  template <class... Parts>
  [[noreturn]] void reject(const Parts&... parts) const {
    file_.reject(parts...);
  }

 private:
  struct Stream;
  bool refill();
  std::size_t copy(std::span<std::uint8_t> into);
  std::size_t inflate(std::span<std::uint8_t> into);
  void finish_member();

  FileReader file_;
  std::string buffer_;      // the last bytes read from the file
  std::size_t used_ = 0;    // how many of them are used up
  std::size_t before_ = 0;  // how many bytes were read before them
  std::unique_ptr<Stream> stream_;
};

}  // namespace reel::idx
