// Writes a model for programs that read ONNX.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <reel/nn/module.h>

namespace reel::inline REEL_PRECISION {
namespace exchange {

/// The options of write_onnx.
struct OnnxOptions {
  bool softmax = false;                              ///< whether there is an output "probabilities"
  std::map<std::string, std::string> metadata = {};  ///< texts by key for the reader of the file
};

/// Writes a model in eval mode as an ONNX file: operator set 17, IR version 8. Its input "images"
/// is (batch, n) and its output "logits" (batch, classes), both in float32 for any Real; with
/// `softmax` there is also "probabilities", their softmax. The batch may have any size. Parameters
/// keep their paths as names. Dropout and the identity leave no trace; an activation without an
/// operator is composed of several. (https://onnx.ai/onnx/repo-docs/IR.html)
///
/// Throws Error: kind usage for a model that cannot be exported (see network_of) or has more than
/// 2 GiB, the limit of the format; kind system if the file cannot be written.
void write_onnx(const std::filesystem::path& path, const nn::Module& model,
                const OnnxOptions& options = {});

}  // namespace exchange
}  // namespace reel::inline REEL_PRECISION
