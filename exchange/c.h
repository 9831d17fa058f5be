// Writes a model as C, for machines that have nothing else.
#pragma once

#include <filesystem>
#include <string>

#include <reel/nn/module.h>

namespace reel::inline REEL_PRECISION {
namespace exchange {

/// The options of write_c.
struct COptions {
  bool int8 = false;             ///< whether the matrices are bytes, and not floats
  std::string name = "network";  ///< of the function
};

/// Writes a model in eval mode as one file of C99, which a compiler of C++ takes too. It needs only
/// the C library and its part for mathematics (-lm):
///
///     void network(const float* input, float* output);
///
/// In C++ the function is `extern "C"`.
///
/// `input` is one sample, `output` its logits, in float for any Real. The function allocates
/// nothing, changes no static variable, and has two rows of the widest layer on the stack. A
/// compiler that defines REEL_SELF_TEST gets a `main` as well, which checks three built-in inputs.
///
/// With `int8`, row i of a matrix W is stored as whole numbers of −127 to 127 and one float,
/// max|Wᵢ|/127, by which they are multiplied; the inputs of the layer stay floats. The file takes a
/// quarter of the memory.
///
/// Throws Error: kind usage for a model that cannot be exported (see network_of) or a name that
/// is no identifier, a keyword of C or C++, reserved, or one of the C library; kind system if the
/// file cannot be written.
void write_c(const std::filesystem::path& path, const nn::Module& model,
             const COptions& options = {});

}  // namespace exchange
}  // namespace reel::inline REEL_PRECISION
