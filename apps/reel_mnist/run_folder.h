// The folder of a run: its checkpoints and its log.
#pragma once

#include <string>

namespace reel::mnist {

/// The log of the run in this folder: a line of JSON for each epoch, without times. So two runs
/// with the same settings have equal logs, also if one of them was stopped and continued.
std::string log_path(const std::string& folder);
/// Replaces the log. Throws Error (system) if it cannot be written.
void write_log(const std::string& folder, const std::string& lines);

/// Of the settings of a command, those that belong to the run, and not to the session: without the
/// number of threads, for instance.
std::string settings_of_run(const std::string& settings);
/// The settings of the run in this folder, as `--config` reads them. Throws Error (input) if the
/// folder has no checkpoint.
std::string settings_in(const std::string& folder);

/// Throws Error (usage) if the settings differ from those of the run by an option that changes its
/// results.
void expect_same_run(const std::string& settings, const std::string& of_the_run);

}  // namespace reel::mnist
