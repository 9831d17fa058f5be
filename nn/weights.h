// A model's weights in a safetensors file.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <reel/nn/module.h>
#include <reel/nn/safetensors.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

/// Writes every parameter and buffer under its path, atomically. Throws Error (system) if the file
/// can't be written.
void save_weights(const Module& model, const std::filesystem::path& path,
                  const std::map<std::string, std::string>& metadata = {});

/// Reads a file of `save_weights`; returns its metadata. The file must hold exactly the model's
/// parameters and buffers, in their shapes. Otherwise throws Error (input), and the model is
/// unchanged.
std::map<std::string, std::string> load_weights(Module& model, const std::filesystem::path& path);
/// The same for contents that were already read; messages name `path`.
void load_weights(Module& model, const SafeTensors& contents, const std::filesystem::path& path);

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
