// Messages for mistakes on the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace reel::apps {

/// The command that was given, or the program if there is none.
CLI::App& given_command(CLI::App& program);

/// The names of the commands below one.
std::vector<std::string> command_names(const CLI::App& app);

/// A message of one line for an error that `program.parse` threw. It names the option, its value
/// and the expected values, or the names that are similar to a mistyped one.
std::string message_for(CLI::App& program, const CLI::ParseError& error);

}  // namespace reel::apps
