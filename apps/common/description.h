// The options, arguments and commands of a program, for completions and manual pages.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace reel::apps {

/// The values that a shell may offer for an option.
enum class Values {
  none,    ///< it has no value
  any,     ///< a number or a text
  choice,  ///< one of some names
  file,    ///< or a folder
  folder,
};

/// An option or an argument of a command.
struct Described {
  std::string name;        ///< "--lr"; "SHELL" for an argument without a name
  std::string short_name;  ///< "-h", or empty
  std::string text;        ///< its effect
  std::string value;       ///< "X"; empty if it has no value
  Values values = Values::none;
  std::vector<std::string> choices;  ///< with Values::choice
  std::string default_value;         ///< empty if there is none
  std::string variable;              ///< of the environment; empty if there is none
  bool required = false;
};

/// The options of a command, in the order of --help; or its arguments without a name.
std::vector<Described> options_of(CLI::App& command);
std::vector<Described> arguments_of(CLI::App& command);

/// The commands below a command or a program, in the order of --help.
std::vector<CLI::App*> commands_of(CLI::App& app);

/// A command or a program, and all commands below it.
std::vector<CLI::App*> with_all_below(CLI::App& app);

/// "reel-mnist train": a command with all above it, with this text between them.
std::string full_name(const CLI::App& app, const std::string& between = " ");

}  // namespace reel::apps
