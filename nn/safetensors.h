// Named tensors in a file of the safetensors format, read strictly and written atomically.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

struct NamedTensor {
  std::string name;  ///< UTF-8, unique in its file, not "__metadata__"
  Tensor value;
};

/// The contents of a file: tensors in the order of its header, and free text (UTF-8) about them.
struct SafeTensors {
  std::vector<NamedTensor> tensors;
  std::map<std::string, std::string> metadata;
};

/// Reads a file of F32 and F64 tensors; the other of the two is converted to Real. Throws Error:
/// kind input for a file that is missing, breaks the format in any way, has tensors of another type
/// or finite F64 values beyond the range of a float Real; kind system if it cannot be read.
/// Format: https://huggingface.co/docs/safetensors (8 bytes: N, little-endian; N bytes: a JSON
/// object that describes the tensors; then their values, row-major, without gaps).
SafeTensors load_safetensors(const std::filesystem::path& path);

/// Writes the tensors as F32 or F64, by Real; equal contents give equal bytes. Throws Error: kind
/// usage for names that are not as above, kind system if the file cannot be written, in which case
/// an old one is left as it was (see write_file).
void save_safetensors(const std::filesystem::path& path, const SafeTensors& contents);

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
