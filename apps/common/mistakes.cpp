// Messages for mistakes on the command line.
#include "mistakes.h"

#include <algorithm>
#include <vector>

#include <reel/autodiff/core/error.h>
#include <reel/autodiff/core/file.h>

#include "checks.h"
#include "description.h"
#include "settings.h"
#include "text.h"

namespace reel::apps {
namespace {

std::string see_help(const CLI::App& app) {
  return concat(" Hint: see `", full_name(app), " --help`.");
}

std::string did_you_mean(const CLI::App& app, const std::vector<std::string>& near) {
  return near.empty() ? see_help(app) : concat(" Hint: ", listed(near), '.');
}

// An argument that is no option, command or value.
std::string unexpected(const CLI::App& app, const std::string& argument) {
  if (argument.starts_with('-')) {
    const std::string name = argument.substr(0, argument.find('='));
    std::vector<std::string> names;
    for (const CLI::Option* option :
         app.get_options([](auto* one) { return one->nonpositional(); }))
      names.push_back(option->get_name());
    return concat(app.get_parent() ? app.get_name() + " has no option " : "there is no option ",
                  in_quotes(name), '.', did_you_mean(app, similar(name, names)));
  }
  const std::vector<std::string> names = command_names(app);
  if (names.empty() || !app.get_subcommands().empty())
    return concat("unexpected argument ", in_quotes(argument), '.', see_help(app));
  return concat("there is no command ", in_quotes(argument), ", expected ", listed(names, " or "),
                '.', did_you_mean(app, similar(argument, names)));
}

// "--lr", or "REEL_LR" if the value comes from the environment.
std::string origin(const CLI::App& command, const CLI::Option& option) {
  const auto given = command.parse_order();
  const bool by_argument = std::find(given.begin(), given.end(), &option) != given.end();
  return by_argument || option.get_envname().empty() ? option.get_name() : option.get_envname();
}

}  // namespace

CLI::App& given_command(CLI::App& program) {
  const auto commands = program.get_subcommands();
  return commands.empty() ? program : given_command(*commands.front());
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::string message_for(CLI::App& program, const CLI::ParseError& error) {
  CLI::App& command = given_command(program);
  for (const CLI::App* app = &command; app; app = app->get_parent())
    if (const auto extra = app->remaining(); !extra.empty()) return unexpected(*app, extra.front());
  for (CLI::Option* option : command.get_options())
    if (const auto wrong = refusal(*option))
      return concat(origin(command, *option), " is ", in_quotes(wrong->value), ", ",
                    wrong->expected, '.',
                    wrong->expected.find("Hint:") == std::string::npos ? see_help(command) : "");
  std::string message = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error))  // "--epochs: 1 required N missing"
    message = message.substr(0, message.find(':')) + " has no value";
  if (!message.ends_with('.')) message += '.';
  return message + see_help(command);
}

}  // namespace reel::apps
