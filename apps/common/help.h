// The text of --help.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace reel::apps {

/// The exit codes of all programs.
extern const char* const exit_codes;

/// How the options of a command can be set elsewhere, with two of them as examples; empty for a
/// command without options.
std::string other_settings(const CLI::App& command);

/// Lines of at most `width` characters. A line that begins with a space is an example and stays as
/// it is; every other line is a paragraph.
std::string fitted(const std::string& text, std::size_t width);

/// CLI11's help without the names of the variables beside each option, but with a line on them
/// below. Its lines fit the terminal, except examples. In a narrow one the description of an option
/// is below its name.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter();
  std::string make_description(const CLI::App* app) const override;
  std::string make_usage(const CLI::App* app, std::string name) const override;
  std::string make_group(std::string title, bool is_positional,
                         std::vector<const CLI::Option*> options) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
  std::string make_subcommand(const CLI::App* command) const override;
  std::string make_footer(const CLI::App* app) const override;

 private:
  // The text in lines that fit into the column of descriptions.
  std::string described(const std::string& text) const;

  std::size_t width_;  // of the page
};

}  // namespace reel::apps
