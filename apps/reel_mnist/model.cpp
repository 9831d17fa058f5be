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
  const nn::SafeTensors file = nn::load_safetensors(path);
  const auto reject = [&](const auto&... parts) {
    fail(Error::Kind::input, "load", absolute_name(path), ": ", parts...);
  };
  const auto entry = [&](const char* key) {
    const auto found = file.metadata.find(key);
    if (found == file.metadata.end())
      reject("its metadata has no \"", key,
             "\". Hint: a file that `reel-mnist train --save` wrote.");
    return found->second;
  };
  Architecture architecture{{}, entry("activation")};
  const std::string layers = entry("layers");
  try {
    architecture.layers = Architecture::parse_layers(layers);
    static_cast<void>(nn::activation_by_name(architecture.activation));
  } catch (const Error&) {
    reject("its metadata names the layers \"", printable(layers), "\" and the activation \"",
           printable(architecture.activation), "\", expected such as 784-10-10 and relu.");
  }
  std::size_t expected = 0, found = 0;  // before memory is taken for what the metadata says
  for (std::size_t i = 0; i + 1 < architecture.layers.size(); ++i)
    expected += (architecture.layers[i] + 1) * architecture.layers[i + 1];
  for (const nn::NamedTensor& tensor : file.tensors) found += tensor.value.size();
  if (found != expected)
    reject("holds ", found, " numbers, a network ", layers, " has ", expected, '.');
  LoadedModel loaded{architecture, architecture.make()};
  nn::load_weights(loaded.model, file, path);
  return loaded;
}

LoadedModel make_model(const NetworkOptions& options, Rng& rng) {
  if (!options.load.empty()) {
    LoadedModel loaded = load(options.load);
    const Architecture& saved = loaded.architecture;
    if (options.layers && Architecture::parse_layers(*options.layers) != saved.layers)
      fail_usage("layers", *options.layers, " differs from the loaded network's ",
                 saved.layers_text(), '.');
    if (options.activation && *options.activation != saved.activation)
      fail_usage("activation", *options.activation, " differs from the loaded network's ",
                 saved.activation, '.');
    return loaded;
  }
  Architecture architecture{Architecture::parse_layers(options.layers.value_or("784-10-10")),
                            options.activation.value_or("relu")};
  LoadedModel made{architecture, architecture.make()};
  nn::init(made.model, rng);
  return made;
}

}  // namespace reel::mnist
