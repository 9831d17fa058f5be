// A model's weights in a safetensors file: Reel's own, or one of PyTorch.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <reel/nn/module.h>
#include <reel/nn/safetensors.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

/// The names of a part of a model, in a file and in the model. {"fc1", "0"}: the file's
/// "fc1.weight" is the model's "0.weight". An empty name is the whole model: {"module", ""} and
/// {"", "net"}.
struct Rename {
  /// The beginning of a name in the file, and of the same name in the model.
  std::string in_file, in_model;
};

/// The options of `save_weights`.
struct SaveOptions {
  std::map<std::string, std::string> metadata = {};  ///< texts by name
  std::vector<Rename> rename = {};                   ///< for each name, the first that fits
  /// Whether a shared parameter is written under all of its paths, as PyTorch's strict
  /// load_state_dict needs it, or only under the first.
  bool all_names = false;
  std::vector<RawTensor> others = {};  ///< further tensors, such as LoadReport::skipped
};

/// Writes every parameter and buffer under its path, atomically. Throws Error: kind usage if two
/// tensors get the same name; kind system if the file can't be written.
void save_weights(const Module& model, const std::filesystem::path& path,
                  const SaveOptions& options = {});

/// The options of `load_weights`.
struct LoadOptions {
  bool strict = true;               ///< whether model and file must have the same names
  std::vector<Rename> rename = {};  ///< for each name, the first that fits
};

/// The tensors of the model and of the file that were loaded, and those that were left out.
struct LoadReport {
  std::vector<std::string> loaded;      ///< paths in the model
  std::vector<std::string> missing;     ///< paths in the model; these keep their values
  std::vector<std::string> unexpected;  ///< names in the file
  /// Tensors of whole numbers, such as "1.num_batches_tracked" of PyTorch's BatchNorm. A model has
  /// none, so they are left out even if `strict`. They are named as in the model.
  std::vector<RawTensor> skipped;
  std::map<std::string, std::string> metadata;  ///< texts by name

  /// One line: "loaded 4 tensors; 1 missing: "1.bias"; …".
  std::string describe() const;
};

/// Reads a file of `save_weights`, or of safetensors.torch. If `strict`, the file must have all of
/// the model's parameters and buffers, and nothing else; if not, it must have at least one. Shapes
/// must be equal. A shared parameter needs one of its names; if the file has several, their values
/// must be the same bits. Otherwise throws Error (input), which says what the file has, and the
/// model is unchanged.
LoadReport load_weights(Module& model, const std::filesystem::path& path,
                        const LoadOptions& options = {});
/// The same for contents that were already read; messages name `path`.
LoadReport load_weights(Module& model, const SafeTensors& contents,
                        const std::filesystem::path& path, const LoadOptions& options = {});

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
