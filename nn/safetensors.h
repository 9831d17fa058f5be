// Named tensors in a safetensors file, with strict reading and atomic writing.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

/// A tensor with its name in the file.
struct NamedTensor {
  std::string name;  ///< UTF-8, unique in its file, not "__metadata__"
  Tensor value;      ///< its values
};

/// A tensor whose elements are no floating-point numbers of 16 to 64 bits, such as one of type I64
/// or BOOL. Reel does not compute with it; it keeps the bytes.
struct RawTensor {
  std::string name, dtype;  ///< in the file, and the type of its values, such as "I64"
  Shape shape;              ///< the sizes of its axes
  std::string bytes;        ///< row-major, little-endian

  /// Whether the elements are whole numbers or truth values.
  bool is_integral() const { return dtype[0] == 'I' || dtype[0] == 'U' || dtype == "BOOL"; }
  /// Whether all is equal.
  bool operator==(const RawTensor&) const = default;
};

/// The contents of a file: tensors in the order of their values, and free text (UTF-8) about them.
struct SafeTensors {
  std::vector<NamedTensor> tensors;             ///< all tensors, in the order of the file
  std::map<std::string, std::string> metadata;  ///< texts by name
  std::vector<RawTensor> others = {};           ///< tensors of other types, which are kept as bytes
};

/// Reads a file. Values of the types F16, BF16, F32 and F64 are converted to Real; tensors of other
/// types become `others`. Throws Error: kind input if the file is missing, breaks the format, has
/// a type with less than a byte for each element, or has finite F64 values out of range for a float
/// Real; kind system if it cannot be read. If the file is one of PyTorch, NumPy or Keras, the error
/// says how to convert it. Format: https://huggingface.co/docs/safetensors (8 bytes: N,
/// little-endian; N bytes: a JSON object that describes the tensors; then their values, row-major,
/// without gaps).
SafeTensors load_safetensors(const std::filesystem::path& path);

/// Writes the tensors as F32 or F64, depending on Real, and the others as they are; equal contents
/// give equal bytes. Types with longer elements come first, so that each tensor is aligned. Throws
/// Error: kind usage if a name breaks the rules above, or if the bytes of a raw tensor do not match
/// its type and shape; kind system if the file cannot be written. Then an old file is unchanged
/// (see write_file).
void save_safetensors(const std::filesystem::path& path, const SafeTensors& contents);

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
