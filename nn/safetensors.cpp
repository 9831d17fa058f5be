// The values of a safetensors file, after its header.
#include <reel/nn/safetensors.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include <reel/nn/safetensors_header.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

namespace {

constexpr const char* real_dtype = sizeof(Real) == 4 ? "F32" : "F64";

// Copies values of type Stored; returns false if a value is out of range for Real.
template <class Stored>
bool copy_values(const char* from, Tensor& to) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    Stored value;
    std::memcpy(&value, from + i * sizeof value, sizeof value);
    if (std::isfinite(value) && std::abs(value) > std::numeric_limits<Real>::max()) return false;
    to.data()[i] = static_cast<Real>(value);
  }
  return true;
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
  for (auto& entry : header.entries) {
    Tensor value = uninitialized(Shape(entry.shape.begin(), entry.shape.end()));
    const char* from = values.data() + entry.offsets[0];
    if (!(entry.dtype == "F32" ? copy_values<float>(from, value)
                               : copy_values<double>(from, value)))
      file.reject("tensor ", in_quotes(entry.name), " has values beyond the range of ", real_dtype,
                  '.');
    result.tensors.push_back({std::move(entry.name), std::move(value)});
  }
  return result;
}

void save_safetensors(const std::filesystem::path& path, const SafeTensors& contents) {
  SafeTensorsHeader header{{}, contents.metadata};
  std::uint64_t end = 0;
  for (const auto& [name, value] : contents.tensors) {
    const std::uint64_t begin = std::exchange(end, end + value.size() * sizeof(Real));
    header.entries.push_back(
        {name, real_dtype, {value.shape().begin(), value.shape().end()}, {begin, end}});
  }
  std::string text = safetensors_header(header);
  text.reserve(text.size() + end);
  for (const NamedTensor& tensor : contents.tensors)
    text.append(reinterpret_cast<const char*>(tensor.value.data()),
                tensor.value.size() * sizeof(Real));
  write_file(path, safetensors_format, text);
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
