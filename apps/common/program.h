// What every program does with its command line: parse, run, and say in one line what went wrong.
#pragma once

#include <CLI/CLI.hpp>

namespace reel::apps {

/// A check that --help does not print, since it says so in words.
inline CLI::Validator silent(CLI::Validator check) { return check.description(""); }

/// The exit codes of all programs, as a part of --help.
extern const char* const exit_codes;

/// For file names: an empty one is a shell variable that was not set.
extern const CLI::Validator not_empty;

/// The settings that all programs share. Its commands are added afterwards.
void set_up(CLI::App& app, const char* version);

/// Parses the line and runs the command, whose callback sets `exit_code`; what is thrown becomes a
/// line on standard error and the exit code of its kind.
int run(CLI::App& app, int argc, char** argv, const int& exit_code);

}  // namespace reel::apps
