// Manual pages.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace reel::apps {

/// The manual page of a program or of one of its commands, in roff for man(7): what --help says,
/// and the variables of the environment.
std::string manual(CLI::App& app, const std::string& version);

}  // namespace reel::apps
