// Reads and writes what a run leaves in its folder beside the states of its parts.
#include "run_folder.h"

#include <algorithm>
#include <array>
#include <exception>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string_view>

#include <reel/autodiff/core/file.h>
#include <reel/train/checkpoint_folder.h>
#include <reel/train/early_stopping.h>
#include <reel/train/weight_average.h>

#include "../common/checks.h"
#include "../common/text.h"

namespace reel::mnist {
namespace {

// The options of a session with a run. Checkpoints have the weights that --load gave it.
constexpr std::array<std::string_view, 11> of_the_session = {
    "threads", "json",       "log",    "tensorboard", "summary", "profile",
    "anomaly", "checkpoint", "resume", "recipe",      "load"};
// The options of a run that change none of its results.
constexpr std::array<std::string_view, 6> changeable = {"data",   "save",     "plot",
                                                        "report", "suspects", "checkpoint-every"};
constexpr std::array<std::string_view, 4> paths = {"data", "save", "plot", "report"};

bool is_in(const auto& names, std::string_view key) {
  return std::find(names.begin(), names.end(), key) != names.end();
}

std::string as_text(const Settings& settings) {
  std::string text;
  for (const auto& [key, value] : settings) text += concat(key, " = ", value, '\n');
  return text;
}

// The path from the root, or as it is if the current folder is gone; a value may be in quotes.
std::string absolute(const std::string& value) {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  std::error_code error;
  const std::string path =
      std::filesystem::absolute(quoted ? value.substr(1, value.size() - 2) : value, error).string();
  if (error) return value;
  return quoted || path.find_first_of(" ;#") != std::string::npos ? concat('"', path, '"') : path;
}

std::string value_in(const Settings& settings, const char* key, const char* otherwise) {
  const auto found = settings.find(key);
  return found == settings.end() ? otherwise : found->second;
}

// The network of these settings, which come from this checkpoint.
LoadedModel network_of(const Settings& settings, const std::filesystem::path& file) {
  const auto get = [&](const char* key, const char* otherwise) {
    return value_in(settings, key, otherwise);
  };
  try {
    Architecture architecture{
        Architecture::parse_layers(get("layers", "784-10-10")),
        get("activation", "relu"),
        {get("batch-norm", "false") == "true", std::stod(get("dropout", "0"))}};
    architecture.split = {std::stoull(get("seed", "1")), std::stod(get("validation", "0.1"))};
    return {architecture, architecture.make()};
  } catch (const std::exception& error) {
    fail(Error::Kind::input, "load", absolute_name(file),
         ": the settings in it are damaged: ", error.what());
  }
}

std::filesystem::path newest_in(const std::filesystem::path& folder) {
  const auto newest = train::CheckpointFolder(folder).newest();
  if (!newest)
    fail(Error::Kind::input, "load", absolute_name(folder),
         ": has no checkpoint. Hint: a folder that `reel-mnist train --checkpoint` wrote.");
  return *newest;
}

}  // namespace

Settings settings_by_key(const std::string& text) {
  Settings settings;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find(" = ");
    if (equals != std::string::npos) settings[line.substr(0, equals)] = line.substr(equals + 3);
  }
  return settings;
}

std::string log_path(const std::string& folder) {
  return (std::filesystem::path(folder) / "log.jsonl").string();
}

void write_log(const std::string& folder, const std::string& lines) {
  write_file(log_path(folder), "checkpoint", lines);
}

std::string settings_of_run(const std::string& settings) {
  Settings kept;
  for (const auto& [key, value] : settings_by_key(settings))
    if (!is_in(of_the_session, key)) kept[key] = is_in(paths, key) ? absolute(value) : value;
  return as_text(kept);
}

std::string settings_with(const std::string& settings, const Architecture& architecture,
                          const Settings& defaults) {
  Settings all = settings_by_key(settings);
  all["layers"] = architecture.layers_text();
  all["activation"] = architecture.activation;
  all["batch-norm"] = architecture.options.batch_norm ? "true" : "false";
  all["dropout"] = apps::shortest_text(architecture.options.dropout);
  all.insert(defaults.begin(), defaults.end());
  return as_text(all);
}

std::string settings_in(const std::string& folder) {
  std::error_code none;
  if (std::filesystem::is_regular_file(folder, none))
    fail(Error::Kind::input, "resume", absolute_name(folder),
         ": is a file. Hint: the folder that it is in.");
  std::string settings;
  if (!train::CheckpointFolder(folder).load_first_parts(settings))
    fail(Error::Kind::input, "resume", absolute_name(folder),
         ": has no checkpoint. Hint: a folder that `reel-mnist train --checkpoint` wrote.");
  return settings;
}

LoadedModel load_run(const std::filesystem::path& path) {
  const auto file = std::filesystem::is_directory(path) ? newest_in(path) : path;
  std::string text, data;
  train::load_first_parts(file, text);
  const Settings settings = settings_by_key(text);
  LoadedModel loaded = network_of(settings, file);
  Rng rng(0);
  nn::init(loaded.model, rng);  // the checkpoint replaces these weights
  std::optional<train::WeightAverage> average;
  if (settings.contains("average")) average.emplace(loaded.model);
  std::optional<train::EarlyStopping> early_stopping;
  if (settings.contains("patience"))
    early_stopping.emplace(train::EarlyStoppingOptions{
        .maximize = value_in(settings, "monitor", "loss") == "accuracy" ? "accuracy" : ""});
  train::load_first_parts(file, text, data, loaded.architecture.data, loaded.model, average,
                          early_stopping);
  if (early_stopping && early_stopping->has_best())
    early_stopping->copy_to(loaded.model);
  else if (average)
    average->copy_to(loaded.model);
  return loaded;
}

void expect_same_run(const std::string& settings, const std::string& of_the_run,
                     const std::string& defaults) {
  Settings stored = settings_by_key(of_the_run);
  stored.merge(settings_by_key(defaults));
  for (const auto& [key, value] : settings_by_key(settings)) {
    if (is_in(changeable, key)) continue;
    const auto found = stored.find(key);
    if (found == stored.end() || !apps::are_same(found->second, value))
      fail_usage("resume", "--", key, ' ', value, " would change the run, which has ",
                 found == stored.end() ? std::string("no value for it") : found->second,
                 ". Hint: a new run can start with its weights, by --load and the folder.");
  }
}

}  // namespace reel::mnist
