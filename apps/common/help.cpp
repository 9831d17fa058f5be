// The text of --help.
#include "help.h"

#include <reel/autodiff/core/error.h>

#include "settings.h"
#include "text.h"

namespace reel::apps {

const char* const exit_codes =
    "Exit codes: 0 done; 1 failed; 2 a wrong command line; 3 an input file that is missing,\n"
    "malformed or does not fit; 4 a loss or an output that is not finite; 5 a read or write that\n"
    "the system refused; 128 + N ended by signal N.\n";

std::string other_settings(const CLI::App& command) {
  const auto settings = settings_of(command);
  if (settings.empty()) return {};
  const CLI::Option& example = *settings.front();
  return concat("Each option can also be set in the environment (", example.get_name(), " by ",
                example.get_envname(), ")\nor in a file of --config (", key_of(example),
                " = …). The command line comes first, then the\nenvironment, then the file.\n");
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  std::string text = CLI::Formatter::make_option_opts(option);
  const std::string variable = " (Env:" + option->get_envname() + ')';
  const std::size_t place = text.find(variable);
  return place == std::string::npos ? text : text.erase(place, variable.size());
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  constexpr std::size_t page = 80;
  std::string text;
  for (const std::string& line : wrapped(option->get_description(), page - get_column_width()))
    text += (text.empty() ? "" : "\n") + line;
  return text;
}

std::string HelpFormatter::make_footer(const CLI::App* app) const {
  return CLI::Formatter::make_footer(app) + (app->get_parent() ? other_settings(*app) : exit_codes);
}

}  // namespace reel::apps
