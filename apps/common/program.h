// A program with commands: it reads the settings, runs the command that is given, and reports an
// error in one line.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "checks.h"
#include "settings.h"

namespace reel::apps {

/// A program. Add the commands and their options, then `run`. It has two commands of its own:
/// `completion` prints a script for a shell, `man` a manual page.
class Program {
 public:
  Program(const std::string& name, const std::string& description, const std::string& version);

  /// Adds a command to the program, or to another command of it. `run` does its work and returns
  /// the exit code; it is called when the settings are read. The command has the options --config
  /// and --print-config already.
  CLI::App& add_command(const std::string& name, const std::string& description,
                        std::function<int()> run, CLI::App* parent = nullptr);

  /// The settings of the command that runs; see configuration_of.
  std::string configuration();
  /// The defaults of its options; see defaults_of.
  std::string defaults();
  /// The keys of the options that are set in some layer, of the command that runs.
  std::vector<std::string> options_set();

  /// Reads the command line, the environment and the files of settings, and runs the command.
  /// An exception becomes one line on standard error and the exit code of its kind. Returns the
  /// exit code.
  int run(int argc, char** argv);

 private:
  void add_completion();
  void add_manual();
  // Of a command below another one: both names, such as "data fetch".
  std::optional<std::string> elsewhere(const std::string& name);
  int parse_and_run(int argc, char** argv);

  CLI::App app_;
  const std::string version_;
  std::map<CLI::App*, std::function<int()>> commands_;
  bool print_config_ = false;
  std::string shell_;
  std::vector<std::string> page_;  // the command whose manual page is asked for
  std::string pages_folder_;
};

}  // namespace reel::apps
