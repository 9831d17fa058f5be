// Makes small PNG files.
#pragma once

#include <zlib.h>

#include <string>

#include "idx_files.h"

namespace reel::testing {

/// The colour types of PNG.
inline constexpr std::uint8_t grey = 0, rgb = 2, palette = 3, grey_alpha = 4, rgb_alpha = 6;

/// A chunk of a PNG file.
inline Bytes chunk(const std::string& type, const Bytes& data) {
  const Bytes body = bytes_of(type) + data;
  const auto crc = static_cast<std::uint32_t>(crc32_z(0, body.data(), body.size()));
  return big_endian(static_cast<std::uint32_t>(data.size())) + body + big_endian(crc);
}

/// A PNG file whose lines are these bytes; `extra` are the chunks before the pixels.
inline Bytes png(std::uint32_t columns, const std::vector<Bytes>& lines, std::uint8_t colour = grey,
                 std::uint8_t depth = 8, const Bytes& extra = {}) {
  Bytes plain;
  for (const Bytes& line : lines) plain = plain + Bytes{0} + line;  // 0: no filter
  Bytes packed(compressBound(static_cast<uLong>(plain.size())));
  auto size = static_cast<uLongf>(packed.size());
  REQUIRE(compress(packed.data(), &size, plain.data(), static_cast<uLong>(plain.size())) == Z_OK);
  const Bytes header = big_endian(columns) + big_endian(static_cast<std::uint32_t>(lines.size())) +
                       Bytes{depth, colour, 0, 0, 0};
  return Bytes{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'} + chunk("IHDR", header) + extra +
         chunk("IDAT", first(packed, size)) + chunk("IEND", {});
}

}  // namespace reel::testing
