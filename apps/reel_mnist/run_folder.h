// The folder of a run: its checkpoints and its log.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "model.h"

namespace reel::mnist {

/// The log of the run in this folder: a line of JSON for each epoch, without times. So two runs
/// with the same settings have equal logs, also if one of them was stopped and continued.
std::string log_path(const std::string& folder);
/// Replaces the log. Throws Error (system) if it cannot be written.
void write_log(const std::string& folder, const std::string& lines);

/// The values of settings by their keys, as a text of `--config` has them.
using Settings = std::map<std::string, std::string>;
Settings settings_by_key(const std::string& text);
/// The settings of a command that belong to the run. Settings of the session, such as the number of
/// threads, are left out. Paths become absolute, so that the run can be continued from another
/// folder.
std::string settings_of_run(const std::string& settings);
/// The same settings with this network, wherever its first weights came from, and with these values
/// of settings that have none.
std::string settings_with(const std::string& settings, const Architecture& architecture,
                          const Settings& defaults);
/// The settings of the run in this folder, as `--config` reads them. Throws Error (input) if the
/// folder has no checkpoint.
std::string settings_in(const std::string& folder);

/// The network of a run, from its folder or from one of its checkpoints: with the best weights if
/// the run has a patience, or else with the averaged weights if it has an average. Throws Error
/// (input) if there is none.
LoadedModel load_run(const std::filesystem::path& path);

/// Throws Error (usage) if the settings differ from those of the run by an option that changes its
/// results. An option that the run does not set has its default.
void expect_same_run(const std::string& settings, const std::string& of_the_run,
                     const std::string& defaults);

}  // namespace reel::mnist
