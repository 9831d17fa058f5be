// Networks, and the files that store them.
#include "model.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/text.h>
#include <reel/autodiff/core/warning.h>
#include <reel/nn/dropout.h>
#include <reel/nn/safetensors.h>
#include <reel/nn/weights.h>

#include "../common/text.h"
#include "run_folder.h"

namespace reel::mnist {

namespace {

constexpr std::size_t widest = 1'000'000;         // layer of a network
constexpr std::size_t most_numbers = 1ULL << 28;  // of an ensemble's file: 1 GB in single precision

// "784-10-10"; if the text is too long for a line, its start and the number of layers.
std::string shortened(const std::string& layers, std::size_t count) {
  constexpr std::size_t longest = 80;
  if (layers.size() <= longest) return layers;
  return concat(layers.substr(0, layers.rfind('-', longest)), "-… (", count, " widths)");
}

// The number of values in a file of such a network.
std::size_t numbers_in(const Architecture& architecture) {
  const auto& layers = architecture.layers;
  std::size_t count = 0;
  for (std::size_t i = 0; i + 1 < layers.size(); ++i) count += (layers[i] + 1) * layers[i + 1];
  if (architecture.options.batch_norm)
    for (std::size_t i = 1; i + 1 < layers.size(); ++i) count += 4 * layers[i];
  return count;
}

}  // namespace

data::Split ValidationSplit::of(const data::Dataset& images) const {
  Rng rng = Rng(seed).split(1);  // streams 0 and 2 are those of the weights and the order
  return data::split(images, fraction, rng);
}

std::vector<std::size_t> Architecture::parse_layers(const std::string& text) {
  std::vector<std::size_t> layers;
  const char* next = text.data();
  const char* const end = next + text.size();
  while (true) {
    std::size_t width = 0;
    const auto [stop, error] = std::from_chars(next, end, width);
    if (error != std::errc() || width == 0 || width > widest) break;
    layers.push_back(width);
    if (stop == end && layers.size() >= 2) return layers;
    if (stop == end || *stop != '-') break;
    next = stop + 1;
  }
  fail_usage("layers", in_quotes(text),
             " is not a list of widths. Hint: at least two, such as 784-10-10.");
}

std::string Architecture::layers_text() const {
  std::string text;
  for (const std::size_t width : layers) text += (text.empty() ? "" : "-") + std::to_string(width);
  return text;
}

std::string Architecture::text() const {
  std::string text = shortened(layers_text(), layers.size()) + ' ' + activation;
  if (options.batch_norm) text += ", batch norm";
  if (options.dropout != 0) text += concat(", dropout ", options.dropout);
  return text;
}

nlohmann::ordered_json Architecture::json() const {
  return {{"layers", layers_text()},
          {"activation", activation},
          {"batch_norm", options.batch_norm},
          {"dropout", options.dropout}};
}

nn::Sequential Architecture::make() const {
  return nn::mlp(layers, nn::activation_by_name(activation), options);
}

Architecture Architecture::ensemble(std::size_t count) const {
  Architecture wide = *this;
  wide.split.reset();
  for (std::size_t i = 1; i + 1 < layers.size(); ++i) wide.layers[i] *= count;
  const auto refuse = [&](std::size_t found, const char* of_what, std::size_t most) {
    fail_usage("save", count, " networks are saved as one, ",
               shortened(wide.layers_text(), layers.size()), ", with ", found, of_what, most,
               ". Hint: fewer --seeds, or a smaller network.");
  };
  const std::size_t width = *std::max_element(wide.layers.begin(), wide.layers.end());
  if (width > widest) refuse(width, " units in a layer, more than ", widest);
  const std::size_t numbers = numbers_in(wide);
  if (numbers > most_numbers) refuse(numbers, " weights, more than ", most_numbers);
  return wide;
}

void check_fits(const Architecture& architecture, const data::Dataset& dataset,
                const std::string& loaded_from) {
  if (architecture.layers.front() == dataset.features() &&
      architecture.layers.back() == dataset.classes())
    return;
  const std::string clash =
      concat(shortened(architecture.layers_text(), architecture.layers.size()), " does not fit ",
             dataset.name(), ", whose images have ", dataset.features(), " pixels and ",
             counted(dataset.classes(), "class", "classes"), '.');
  if (!loaded_from.empty())
    fail(Error::Kind::input, "load", absolute_name(loaded_from), ": ", clash);
  fail_usage("layers", clash, " Hint: --layers ", dataset.features(), "-…-", dataset.classes(),
             '.');
}

namespace {

// The number that the whole text is, if it is one.
template <class T>
std::optional<T> number_from(const std::string& text) {
  T number{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

// A probability; 0 if the text is empty. Throws Error if the text is not a probability.
double dropout_from(const std::string& text) {
  if (text.empty()) return 0;
  const auto p = number_from<double>(text);
  if (!p || *p == 0) fail_usage("dropout", in_quotes(text), " is no probability.");
  return *p;
}

// Nothing if both texts are empty. Throws Error if they are not a seed and a fraction.
std::optional<ValidationSplit> split_from(const std::string& seed, const std::string& fraction) {
  if (seed.empty() && fraction.empty()) return std::nullopt;
  const auto s = number_from<std::uint64_t>(seed);
  const auto f = number_from<double>(fraction);
  if (!s || !f || !(*f >= 0 && *f < 1))
    fail_usage("validation", in_quotes(fraction), " by seed ", in_quotes(seed), " is no split.");
  return ValidationSplit{*s, *f};
}

}  // namespace

void warn_of_other_data(const Architecture& architecture, const data::Dataset& dataset) {
  if (architecture.data.empty() || architecture.data == dataset.name()) return;
  warn("load", "the network was trained on ", printable(architecture.data),
       ", and these images are ", printable(dataset.name()), '.');
}

void save(const nn::Module& model, const Architecture& architecture, const std::string& path) {
  std::map<std::string, std::string> metadata{{"layers", architecture.layers_text()},
                                              {"activation", architecture.activation}};
  if (!architecture.data.empty()) metadata["data"] = architecture.data;
  if (architecture.split) {
    metadata["seed"] = std::to_string(architecture.split->seed);
    metadata["validation"] = apps::shortest_text(architecture.split->fraction);
  }
  if (architecture.options.batch_norm) metadata["batch_norm"] = "true";
  if (architecture.options.dropout != 0)
    metadata["dropout"] = apps::shortest_text(architecture.options.dropout);
  nn::save_weights(model, path, {.metadata = metadata});
}

LoadedModel load(const std::string& path) {
  std::error_code none;
  if (std::filesystem::is_directory(path, none)) return load_run(path);
  const nn::SafeTensors file = nn::load_safetensors(path);
  if (file.metadata.contains("parts")) return load_run(path);  // a checkpoint
  const auto reject = [&](const auto&... parts) {
    fail(Error::Kind::input, "load", absolute_name(path), ": ", parts...);
  };
  const auto entry = [&](const char* key, bool needed) -> std::string {
    const auto found = file.metadata.find(key);
    if (found != file.metadata.end()) return found->second;
    if (needed)
      reject("its metadata has no \"", key,
             "\". Hint: a file that `reel-mnist train --save` wrote.");
    return {};
  };
  Architecture architecture{{}, entry("activation", true)};
  const std::string layers = entry("layers", true), dropout = entry("dropout", false);
  architecture.data = entry("data", false);
  architecture.options.batch_norm = entry("batch_norm", false) == "true";
  try {
    architecture.layers = Architecture::parse_layers(layers);
    architecture.options.dropout = dropout_from(dropout);
    static_cast<void>(nn::activation_by_name(architecture.activation));
    static_cast<void>(nn::Dropout(architecture.options.dropout));
  } catch (const Error&) {
    reject("its metadata names the layers ", in_quotes(layers), ", the activation ",
           in_quotes(architecture.activation), " and the dropout ", in_quotes(dropout),
           ", expected such as 784-10-10, relu and 0.2.");
  }
  const std::string seed = entry("seed", false), validation = entry("validation", false);
  try {
    architecture.split = split_from(seed, validation);
  } catch (const Error&) {
    reject("its metadata names the seed ", in_quotes(seed), " and the validation ",
           in_quotes(validation), ", expected such as 1 and 0.1.");
  }
  const std::size_t expected = numbers_in(architecture);  // checked before memory is allocated
  std::size_t found = 0;
  for (const nn::NamedTensor& tensor : file.tensors) {
    found += tensor.value.size();
    if (!std::all_of(tensor.value.begin(), tensor.value.end(),
                     [](Real x) { return std::isfinite(x); }))
      reject("tensor ", in_quotes(tensor.name),
             " holds a value that is not finite. Hint: the training that wrote it diverged.");
  }
  if (found != expected)
    reject("holds ", found, " numbers, a network ", architecture.text(), " has ", expected, '.');
  LoadedModel loaded{architecture, architecture.make()};
  nn::load_weights(loaded.model, file, path);
  return loaded;
}

LoadedModel make_model(const NetworkOptions& options, Rng& rng) {
  if (!options.load.empty()) {
    LoadedModel loaded = load(options.load);
    const Architecture& saved = loaded.architecture;
    if (options.layers && Architecture::parse_layers(*options.layers) != saved.layers)
      fail_usage("layers", in_quotes(*options.layers), " differs from the loaded network's ",
                 shortened(saved.layers_text(), saved.layers.size()), '.');
    if (options.activation && *options.activation != saved.activation)
      fail_usage("activation", *options.activation, " differs from the loaded network's ",
                 saved.activation, '.');
    if (options.batch_norm && !saved.options.batch_norm)
      fail_usage("batch-norm", "the loaded network has none.");
    if (options.dropout && *options.dropout != saved.options.dropout)
      fail_usage("dropout", *options.dropout, " differs from the loaded network's ",
                 saved.options.dropout, '.');
    return loaded;
  }
  Architecture architecture{Architecture::parse_layers(options.layers.value_or("784-10-10")),
                            options.activation.value_or("relu"),
                            {options.batch_norm, options.dropout.value_or(0)},
                            {}};
  LoadedModel made{architecture, architecture.make()};
  nn::init(made.model, rng, nn::init_by_name(options.init.value_or(default_init)));
  return made;
}

}  // namespace reel::mnist
