// Networks and the files that hold them.
#include "model.h"

#include <algorithm>
#include <charconv>
#include <map>

#include <reel/autodiff/core/file.h>
#include <reel/nn/safetensors.h>
#include <reel/nn/weights.h>

namespace reel::mnist {

std::vector<std::size_t> Architecture::parse_layers(const std::string& text) {
  std::vector<std::size_t> layers;
  const char* next = text.data();
  const char* const end = next + text.size();
  while (true) {
    std::size_t width = 0;
    const auto [stop, error] = std::from_chars(next, end, width);
    if (error != std::errc() || width == 0 || width > 1'000'000) break;
    layers.push_back(width);
    if (stop == end && layers.size() >= 2) return layers;
    if (stop == end || *stop != '-') break;
    next = stop + 1;
  }
  fail_usage("layers", '"', text,
             "\" is no list of widths. Hint: at least two, such as 784-10-10.");
}

std::string Architecture::layers_text() const {
  std::string text;
  for (const std::size_t width : layers) text += (text.empty() ? "" : "-") + std::to_string(width);
  return text;
}

nn::Sequential Architecture::make() const {
  return nn::mlp(layers, nn::activation_by_name(activation));
}

void check_fits(const Architecture& architecture, const data::Dataset& dataset,
                const std::string& loaded_from) {
  if (architecture.layers.front() == dataset.features() &&
      architecture.layers.back() == dataset.classes())
    return;
  const std::string clash =
      concat(architecture.layers_text(), " does not fit ", dataset.name(), ", whose images have ",
             dataset.features(), " pixels and ", dataset.classes(), " classes.");
  if (!loaded_from.empty())
    fail(Error::Kind::input, "load", absolute_name(loaded_from), ": ", clash);
  fail_usage("layers", clash, " Hint: --layers ", dataset.features(), "-…-", dataset.classes(),
             '.');
}

void save(const nn::Module& model, const Architecture& architecture, const std::string& path) {
  nn::save_weights(
      model, path,
      {{"layers", architecture.layers_text()}, {"activation", architecture.activation}});
}

LoadedModel load(const std::string& path) {
  const auto metadata = nn::load_safetensors(path).metadata;
  const auto entry = [&](const char* key) {
    const auto found = metadata.find(key);
    if (found == metadata.end())
      fail(Error::Kind::input, "load", absolute_name(path), ": its metadata has no \"", key,
           "\". Hint: a file that `reel-mnist train --save` wrote.");
    return found->second;
  };
  try {
    Architecture architecture{Architecture::parse_layers(entry("layers")), entry("activation")};
    LoadedModel loaded{architecture, architecture.make()};
    nn::load_weights(loaded.model, path);
    return loaded;
  } catch (const Error& error) {
    if (error.kind() != Error::Kind::usage) throw;
    fail(Error::Kind::input, "load", absolute_name(path), ": ", error.what());
  }
}

}  // namespace reel::mnist
