// The values of a safetensors file, after its header.
#include <reel/nn/safetensors.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include <reel/nn/safetensors_header.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

namespace {

constexpr const char* real_dtype = sizeof(Real) == 4 ? "F32" : "F64";

// Numbers of 16 bits as they are stored, and their values.
struct Half {  // 1 bit of sign, 5 of exponent, 10 of fraction
  std::uint16_t bits;
  operator float() const {
    const std::uint32_t sign = bits >> 15, exponent = bits >> 10 & 31, fraction = bits & 1023;
    if (exponent == 0) return (sign ? -0x1p-24f : 0x1p-24f) * static_cast<float>(fraction);
    const std::uint32_t wide = exponent == 31 ? 255 : exponent + (127 - 15);
    return std::bit_cast<float>(sign << 31 | wide << 23 | fraction << 13);
  }
};
struct BrainFloat {  // the upper half of a float
  std::uint16_t bits;
  operator float() const { return std::bit_cast<float>(std::uint32_t{bits} << 16); }
};

// Copies values of type Stored, which become numbers of type Number; returns false if a value is
// out of range for Real.
template <class Stored, class Number = Stored>
bool copy_values(const char* from, Tensor& to) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, from + i * sizeof stored, sizeof stored);
    const Number value = stored;
    if (std::isfinite(value) && std::abs(value) > std::numeric_limits<Real>::max()) return false;
    to.data()[i] = static_cast<Real>(value);
  }
  return true;
}

using Copy = bool (*)(const char* from, Tensor& to);
// Null if a Tensor does not hold values of this type.
Copy copy_of(std::string_view dtype) {
  if (dtype == "F32") return copy_values<float>;
  if (dtype == "F64") return copy_values<double>;
  if (dtype == "F16") return copy_values<Half, float>;
  if (dtype == "BF16") return copy_values<BrainFloat, float>;
  return nullptr;
}

// An entry of a file that is written, with its values.
struct Block {
  SafeTensorsEntry entry;
  std::string_view bytes;
};

Block block_of(const NamedTensor& tensor) {
  const auto& [name, value] = tensor;
  return {{name, real_dtype, {value.shape().begin(), value.shape().end()}, {}},
          {reinterpret_cast<const char*>(value.data()), value.size() * sizeof(Real)}};
}

Block block_of(const RawTensor& tensor) {
  const auto& [name, dtype, shape, bytes] = tensor;
  const std::size_t size = bytes_of_dtype(dtype);
  if (size == 0)
    fail_usage(safetensors_format, in_quotes(name), " is of dtype ", in_quotes(dtype),
               ", which cannot be written.");
  if (bytes.size() != element_count(shape) * size)
    fail_usage(safetensors_format, in_quotes(name), " has ", bytes.size(), " bytes, expected ",
               element_count(shape) * size, " by its shape ", to_string(shape), " and dtype ",
               dtype, '.');
  return {{name, dtype, {shape.begin(), shape.end()}, {}}, bytes};
}

}  // namespace

SafeTensors load_safetensors(const std::filesystem::path& path) {
  FileReader file(path, safetensors_format);
  auto header = read_safetensors_header(file);
  const std::string values = file.read(header.bytes);
  if (values.size() < header.bytes)
    file.reject("ends after ", values.size(), " bytes of values, expected ", header.bytes, '.');
  if (!file.read(1).empty())
    file.reject("goes on after the ", header.bytes, " bytes of values that its header describes.");

  SafeTensors result{{}, std::move(header.metadata)};
  for (auto& [name, dtype, sizes, offsets] : header.entries) {
    const Shape shape(sizes.begin(), sizes.end());
    const Copy copy = copy_of(dtype);
    if (!copy) {
      std::string bytes = values.substr(offsets[0], offsets[1] - offsets[0]);
      result.others.push_back({std::move(name), std::move(dtype), shape, std::move(bytes)});
      continue;
    }
    Tensor value = uninitialized(shape);
    if (!copy(values.data() + offsets[0], value))
      file.reject("tensor ", in_quotes(name), " has values beyond the range of ", real_dtype, '.');
    result.tensors.push_back({std::move(name), std::move(value)});
  }
  return result;
}

void save_safetensors(const std::filesystem::path& path, const SafeTensors& contents) {
  std::vector<Block> blocks;
  for (const NamedTensor& tensor : contents.tensors) blocks.push_back(block_of(tensor));
  for (const RawTensor& tensor : contents.others) blocks.push_back(block_of(tensor));
  std::stable_sort(blocks.begin(), blocks.end(), [](const Block& a, const Block& b) {
    return bytes_of_dtype(a.entry.dtype) > bytes_of_dtype(b.entry.dtype);
  });
  SafeTensorsHeader header{{}, contents.metadata};
  std::uint64_t end = 0;
  for (const auto& [entry, bytes] : blocks) {
    const std::uint64_t begin = std::exchange(end, end + bytes.size());
    header.entries.push_back(entry);
    header.entries.back().offsets = {begin, end};
  }
  std::string text = safetensors_header(header);
  text.reserve(text.size() + end);
  for (const Block& block : blocks) text += block.bytes;
  write_file(path, safetensors_format, text);
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
