// NPY files: arbitrary headers and values; an array that can be read is written and read again.
#include <reel/data/npy.h>

#include <cstring>

#include "fuzz.h"

using namespace reel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest = fuzz::text_of({data + 1, size - 1});
  const auto path =
      fuzz::file_with(data[0] % 2 ? concat("\x93NUMPY\x01", '\0', rest) : std::string(rest));
  fuzz::reads([&] { data::load_npy_labels(path); });
  Tensor array;
  if (!fuzz::reads([&] { array = data::load_npy(path); })) return 0;
  const auto again_path = fuzz::file_with("");
  data::save_npy(again_path, array);
  const Tensor again = data::load_npy(again_path);
  fuzz::require(again.shape() == array.shape() &&
                    std::memcmp(again.data(), array.data(), array.size() * sizeof(Real)) == 0,
                "the same array");
  return 0;
}
