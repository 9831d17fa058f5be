// The start of every program: parses the command line, runs a command, and reports an error in one
// line.
#pragma once

#include <CLI/CLI.hpp>

namespace reel::apps {

/// A check that --help does not print, because the option's text already describes it.
inline CLI::Validator silent(CLI::Validator check) { return check.description(""); }

/// The exit codes of all programs, as text for --help.
extern const char* const exit_codes;

/// For file names: an empty name usually comes from a shell variable that is not set.
extern const CLI::Validator not_empty;
/// A finite number above 0.
extern const CLI::Validator above_zero;

/// The settings that all programs share. Call it before you add the commands.
void set_up(CLI::App& app, const char* version);

/// Parses the command line and runs the command, whose callback sets `exit_code`. An exception
/// becomes one line on standard error and the exit code of its kind.
int run(CLI::App& app, int argc, char** argv, const int& exit_code);

}  // namespace reel::apps
