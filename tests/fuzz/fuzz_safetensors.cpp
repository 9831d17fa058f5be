// Safetensors files: arbitrary bytes, and correct files with changes in the header.
#include <algorithm>

#include <reel/autodiff/core/file.h>
#include <reel/nn/safetensors.h>

#include "fuzz.h"

using namespace reel;

namespace {

const std::string& right_file() {
  static const std::string file = [] {
    const auto path = fuzz::file_with("");
    nn::save_safetensors(path,
                         {{{"0.weight", matrix({{1, 2, 3}, {4, 5, 6}})},
                           {"0.bias", vector({1, 2})},
                           {"scale", full({}, 3)},
                           {"none", zeros({0, 4})}},
                          {{"layers", "3-2"}, {"activation", "relu"}},
                          {{"steps", "I64", {}, "12345678"}, {"mask", "BOOL", {2, 3}, "abcdef"}}});
    return read_file(path, "fuzz", 1 << 20);
  }();
  return file;
}

std::string_view bytes_of(const Tensor& x) {
  return {reinterpret_cast<const char*>(x.data()), x.size() * sizeof(Real)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const fuzz::Input rest{data + 1, size - 1};
  const auto path = fuzz::file_with(data[0] % 2 ? fuzz::changed_safetensors(right_file(), rest)
                                                : std::string(fuzz::text_of(rest)));
  nn::SafeTensors contents;
  if (!fuzz::reads([&] { contents = nn::load_safetensors(path); })) return 0;
  // If a file can be read, writing and reading it again must give the same.
  const auto again_path = fuzz::file_with("");
  nn::save_safetensors(again_path, contents);
  const nn::SafeTensors again = nn::load_safetensors(again_path);
  fuzz::require(again.metadata == contents.metadata, "the same metadata");
  fuzz::require(again.tensors.size() == contents.tensors.size(), "as many tensors");
  fuzz::require(again.others.size() == contents.others.size(), "as many others");
  for (const nn::RawTensor& tensor : contents.others)
    fuzz::require(std::find(again.others.begin(), again.others.end(), tensor) != again.others.end(),
                  "the same raw tensor");
  for (std::size_t i = 0; i < again.tensors.size(); ++i) {
    const auto &a = again.tensors[i], &b = contents.tensors[i];
    fuzz::require(a.name == b.name && a.value.shape() == b.value.shape() &&
                      bytes_of(a.value) == bytes_of(b.value),
                  "the same tensor");
  }
  return 0;
}
