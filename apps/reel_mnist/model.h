// The network of reel-mnist: made from options or a file, and saved to a file.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include <reel/data/dataset.h>
#include <reel/nn/sequential.h>

#include "commands.h"

namespace reel::mnist {

/// Which of the training images `train` holds out to validate: a random fraction of them.
struct ValidationSplit {
  std::uint64_t seed;  ///< of the run
  double fraction;

  data::Split of(const data::Dataset& images) const;
};

/// The description that is saved with the weights, so that the file alone describes its network.
struct Architecture {
  std::vector<std::size_t> layers;
  std::string activation;
  nn::MlpOptions options = {};
  std::string data = {};  ///< the name of the set that the weights were trained on
  std::optional<ValidationSplit> split = {};  ///< of that set; none in files of other programs

  /// Parses "784-10-10". Throws Error (usage) for any other form.
  static std::vector<std::size_t> parse_layers(const std::string& text);
  std::string layers_text() const;
  /// For messages, such as "784-10-10 relu, batch norm, dropout 0.2"; if there are many layers,
  /// only the first ones.
  std::string text() const;
  nlohmann::ordered_json json() const;
  nn::Sequential make() const;
  /// That of the ensemble of so many such networks, see nn::ensemble: it held out no images of its
  /// own. Throws Error (usage) if it is too large for a file.
  Architecture ensemble(std::size_t count) const;
};

/// Throws Error unless the first width is the size of the images and the last the number of
/// classes. The kind is input if the network was loaded from the file `loaded_from`, and usage if
/// that is empty.
void check_fits(const Architecture& architecture, const data::Dataset& dataset,
                const std::string& loaded_from);

/// Warns if the network was trained on a set of another name.
void warn_of_other_data(const Architecture& architecture, const data::Dataset& dataset);

void save(const nn::Module& model, const Architecture& architecture, const std::string& path);

struct LoadedModel {
  Architecture architecture;
  nn::Sequential model;
};
/// The network in a file that `save` wrote, in the folder of a run, or in a checkpoint; see
/// load_run. Throws Error (input) for another file, or if it has weights that are not finite.
LoadedModel load(const std::string& path);

/// The network that the options describe: loaded, or made with new weights. Throws Error (usage) if
/// the options contradict the loaded file.
LoadedModel make_model(const NetworkOptions& options, Rng& rng);

}  // namespace reel::mnist
