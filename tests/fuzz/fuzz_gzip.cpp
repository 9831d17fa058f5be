// Gzip streams: broken ones, and correct ones, which must be unpacked completely.
#include <zlib.h>

#include <reel/data/inflate.h>

#include "fuzz.h"

using namespace reel;

namespace {

std::string gzip(std::string_view text) {
  z_stream z{};
  constexpr int gzip_only = 16 + MAX_WBITS;
  fuzz::require(
      deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, gzip_only, 8, Z_DEFAULT_STRATEGY) == Z_OK,
      "starting zlib");
  std::string packed(deflateBound(&z, text.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(packed.data());
  z.avail_out = static_cast<uInt>(packed.size());
  fuzz::require(deflate(&z, Z_FINISH) == Z_STREAM_END, "packing");
  packed.resize(z.total_out);
  deflateEnd(&z);
  return packed;
}

// The unpacked contents of a file, read in pieces of this size.
std::string unpacked(const std::filesystem::path& path, std::size_t piece) {
  constexpr std::size_t most = std::size_t{64} << 20;
  idx::InflatingReader reader(path, "fuzz");
  std::string text;
  std::vector<std::uint8_t> buffer(piece);
  for (std::size_t count = piece; count == piece && text.size() < most;) {
    count = reader.read(buffer);
    text += fuzz::text_of(std::span(buffer).first(count));
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = 1 + data[0] * std::size_t{64};
  const std::string_view rest = fuzz::text_of({data + 2, size - 2});
  const std::size_t half = rest.size() / 2;
  switch (data[1] % 3) {
    case 0:  // arbitrary bytes as a stream
      fuzz::reads([&] { unpacked(fuzz::file_with(concat("\x1f\x8b\x08", rest)), piece); });
      break;
    case 1:  // two correct members in a row
      fuzz::require(unpacked(fuzz::file_with(gzip(rest.substr(0, half)) + gzip(rest.substr(half))),
                             piece) == rest,
                    "a packed text comes back");
      break;
    default:  // a correct member from the first half, with changes from the second
      fuzz::reads([&] {
        const fuzz::Input changes{data + 2 + half, size - 2 - half};
        unpacked(fuzz::file_with(fuzz::changed(gzip(rest.substr(0, half)), changes)), piece);
      });
  }
  return 0;
}
