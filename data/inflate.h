// The bytes of a file, unpacked on the way if it is gzipped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include <reel/autodiff/core/file.h>

namespace reel::idx {

/// Reads a file from its start to its end, through a buffer of fixed size; unpacks it if it begins
/// as a gzip file does, whatever its name. Gzip members one after the other are one stream (RFC
/// 1952, section 2.2); anything else after a member is an error.
class InflatingReader {
 public:
  /// Throws Error: Kind::input if there is no such file, Kind::system if it cannot be read.
  explicit InflatingReader(const std::filesystem::path& path);
  ~InflatingReader();
  InflatingReader(const InflatingReader&) = delete;
  InflatingReader& operator=(const InflatingReader&) = delete;

  /// Whether the file is gzipped.
  bool packed() const noexcept { return stream_ != nullptr; }

  /// Fills `into`; returns the number of bytes, fewer than asked for only at the end, where the
  /// checksums were found right. Throws Error(Kind::input) if gzip data is cut short, corrupt or
  /// followed by other bytes.
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
  std::string buffer_;      // what was read from the file last,
  std::size_t used_ = 0;    // how much of it is used up,
  std::size_t before_ = 0;  // and how much was read before it
  std::unique_ptr<Stream> stream_;
};

}  // namespace reel::idx
