// The text of --help.
#include "help.h"

#include <algorithm>
#include <sstream>

#include <reel/autodiff/core/error.h>

#include "output.h"
#include "settings.h"
#include "text.h"

namespace reel::apps {

namespace {

// In a narrow terminal, descriptions are not beside the names but below them, with this indent.
constexpr std::size_t widest = 100, indent = 6;

}  // namespace

const char* const exit_codes =
    "Exit codes: 0 done; 1 failed; 2 a wrong command line; 3 an input file that is missing, "
    "malformed or does not fit; 4 a loss or an output that is not finite; 5 a read or write that "
    "the system refused; 128 + N ended by signal N.\n";

std::string other_settings(const CLI::App& command) {
  const auto settings = settings_of(command);
  if (settings.empty()) return {};
  const CLI::Option& example = *settings.front();
  return concat("Each option can also be set in the environment (", example.get_name(), " by ",
                example.get_envname(), ") or in a file of --config (", key_of(example),
                " = …). The command line comes first, then the environment, then the file.\n");
}

std::string fitted(const std::string& text, std::size_t width) {
  std::string lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    lines += line.empty() || line.front() == ' ' ? line + '\n' : paragraph(line, width);
  return lines;
}

HelpFormatter::HelpFormatter() : width_(std::min(output_width(), widest)) {
  if (is_narrow(width_)) column_width(indent);
}

std::string HelpFormatter::make_description(const CLI::App* app) const {
  return paragraph(app->get_description(), width_);
}

std::string HelpFormatter::make_usage(const CLI::App* app, std::string name) const {
  return paragraph(CLI::Formatter::make_usage(app, name), width_);
}

std::string HelpFormatter::make_group(std::string title, bool is_positional,
                                      std::vector<const CLI::Option*> options) const {
  title = paragraph(title + ':', width_);
  title.resize(title.size() - 2);  // CLI11 adds the colon and the end of the line
  return CLI::Formatter::make_group(title, is_positional, options);
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  std::string text = CLI::Formatter::make_option_opts(option);
  const std::string variable = " (Env:" + option->get_envname() + ')';
  if (const std::size_t place = text.find(variable); place != std::string::npos)
    text.erase(place, variable.size());
  const bool fits = 2 + option->get_name().size() + width_of(text) <= width_;
  if (const std::size_t value = text.find('='); !fits && value != std::string::npos)
    text.insert(value, '\n' + std::string(indent, ' '));
  return text;
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  return described(option->get_description());
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  std::ostringstream text;
  CLI::detail::format_help(text, command->get_name(), described(command->get_description()),
                           get_column_width());
  return text.str();
}

std::string HelpFormatter::make_footer(const CLI::App* app) const {
  return fitted(
      CLI::Formatter::make_footer(app) + (app->get_parent() ? other_settings(*app) : exit_codes),
      width_);
}

std::string HelpFormatter::described(const std::string& text) const {
  std::string lines = paragraph(text, width_ - get_column_width());
  if (!lines.empty()) lines.pop_back();
  return lines;
}

}  // namespace reel::apps
