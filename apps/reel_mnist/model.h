// The network of reel-mnist: from options or a file, and back to a file.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <reel/data/dataset.h>
#include <reel/nn/sequential.h>

#include "commands.h"

namespace reel::mnist {

/// What is written beside the weights, so that a file alone describes its network.
struct Architecture {
  std::vector<std::size_t> layers;
  std::string activation;
  nn::MlpOptions options = {};

  /// From "784-10-10". Throws Error (usage) for anything else.
  static std::vector<std::size_t> parse_layers(const std::string& text);
  std::string layers_text() const;
  /// For messages, such as "784-10-10 relu, batch norm, dropout 0.2"; of many layers the first
  /// ones.
  std::string text() const;
  nlohmann::ordered_json json() const;
  nn::Sequential make() const;
};

/// Throws Error unless the first width is the images' size and the last the number of classes; of
/// kind input if the network is from a file, `loaded_from`, usage if that is empty.
void check_fits(const Architecture& architecture, const data::Dataset& dataset,
                const std::string& loaded_from);

void save(const nn::Module& model, const Architecture& architecture, const std::string& path);

struct LoadedModel {
  Architecture architecture;
  nn::Sequential model;
};
/// Throws Error (input) if the file is no network that `save` wrote, or has weights that are not
/// finite.
LoadedModel load(const std::string& path);

/// The network that the options name: loaded, or made with fresh weights. Throws Error (usage) if
/// they contradict the loaded file.
LoadedModel make_model(const NetworkOptions& options, Rng& rng);

}  // namespace reel::mnist
