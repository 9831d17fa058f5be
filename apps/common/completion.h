// Scripts that complete the command line of a program.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace reel::apps {

/// The shells for which there is a script.
std::vector<std::string> shells();
/// The script for one of them: it completes commands, options, the values of options that take one
/// of some names, files and folders.
std::string completion(CLI::App& program, const std::string& shell);

}  // namespace reel::apps
