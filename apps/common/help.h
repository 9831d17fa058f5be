// The text of --help.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace reel::apps {

/// The exit codes of all programs.
extern const char* const exit_codes;

/// How the options of a command can be set elsewhere, with two of them as examples; empty for a
/// command without options.
std::string other_settings(const CLI::App& command);

/// CLI11's help without the names of the variables beside each option, but with a line on them
/// below.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
  std::string make_footer(const CLI::App* app) const override;
};

}  // namespace reel::apps
