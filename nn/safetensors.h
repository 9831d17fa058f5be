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

/// The contents of a file: tensors in the order of the header, and free text (UTF-8) about them.
struct SafeTensors {
  std::vector<NamedTensor> tensors;             ///< all tensors, in the order of the file
  std::map<std::string, std::string> metadata;  ///< texts by name
};

/// Reads a file of F32 and F64 tensors; values of the other type are converted to Real. Throws
/// Error: kind input if the file is missing, breaks the format, has tensors of another type, or has
/// finite F64 values out of range for a float Real; kind system if it cannot be read. Format:
/// https://huggingface.co/docs/safetensors (8 bytes: N, little-endian; N bytes: a JSON object that
/// describes the tensors; then their values, row-major, without gaps).
SafeTensors load_safetensors(const std::filesystem::path& path);

/// Writes the tensors as F32 or F64, depending on Real; equal contents give equal bytes. Throws
/// Error: kind usage if a name breaks the rules above; kind system if the file cannot be written.
/// Then an old file is unchanged (see write_file).
void save_safetensors(const std::filesystem::path& path, const SafeTensors& contents);

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
