// IDX files, read into memory or left in the file.
#include <reel/data/idx.h>

#include "fuzz.h"

using namespace reel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto path = fuzz::file_with(fuzz::text_of({data, size}));
  for (const std::size_t dimensions : {1u, 2u, 3u}) {
    idx::Array array;
    const bool good = fuzz::reads([&] { array = idx::read(path, dimensions); });
    if (good) {
      std::size_t product = 1;
      for (const std::size_t n : array.shape) product *= n;
      fuzz::require(array.bytes.size() == product, "as many bytes as the shape says");
    }
    const bool open = fuzz::reads([&] {
      const idx::ArrayInFile in_file = idx::open(path, dimensions);
      std::vector<std::uint8_t> bytes(in_file.bytes.size());
      in_file.bytes.read(0, bytes);
      fuzz::require(SharedBytes(bytes) == array.bytes, "the same bytes");
    });
    const bool packed = size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
    fuzz::require(packed ? !open : open == good, "both ways of reading agree");
  }
  return 0;
}
