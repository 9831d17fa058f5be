// Reads and writes what a run leaves in its folder beside the states of its parts.
#include "run_folder.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <sstream>
#include <string_view>

#include <reel/autodiff/core/file.h>
#include <reel/train/checkpoint_folder.h>

namespace reel::mnist {
namespace {

// The options of a session with a run.
constexpr std::array<std::string_view, 8> of_the_session = {
    "threads", "json", "summary", "profile", "anomaly", "checkpoint", "resume", "recipe"};
// The options of a run that change none of its results.
constexpr std::array<std::string_view, 4> changeable = {"data", "save", "plot", "checkpoint-every"};

bool is_in(const auto& names, std::string_view key) {
  return std::find(names.begin(), names.end(), key) != names.end();
}

// The values by their keys.
std::map<std::string, std::string> settings_by_key(const std::string& text) {
  std::map<std::string, std::string> settings;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find(" = ");
    if (equals != std::string::npos) settings[line.substr(0, equals)] = line.substr(equals + 3);
  }
  return settings;
}

}  // namespace

std::string log_path(const std::string& folder) {
  return (std::filesystem::path(folder) / "log.jsonl").string();
}

void write_log(const std::string& folder, const std::string& lines) {
  write_file(log_path(folder), "checkpoint", lines);
}

std::string settings_of_run(const std::string& settings) {
  std::string kept;
  for (const auto& [key, value] : settings_by_key(settings))
    if (!is_in(of_the_session, key)) kept += concat(key, " = ", value, '\n');
  return kept;
}

std::string settings_in(const std::string& folder) {
  std::string settings;
  if (!train::CheckpointFolder(folder).load_first_parts(settings))
    fail(Error::Kind::input, "resume", absolute_name(folder),
         ": has no checkpoint. Hint: a folder that `reel-mnist train --checkpoint` wrote.");
  return settings;
}

void expect_same_run(const std::string& settings, const std::string& of_the_run) {
  const auto given = settings_by_key(settings), stored = settings_by_key(of_the_run);
  for (const auto& [key, value] : given) {
    if (is_in(changeable, key)) continue;
    const auto found = stored.find(key);
    if (found == stored.end() || found->second != value)
      fail_usage("resume", "--", key, ' ', value, " would change the run, which has ",
                 found == stored.end() ? std::string("its default") : found->second,
                 ". Hint: start a new one with --load.");
  }
}

}  // namespace reel::mnist
