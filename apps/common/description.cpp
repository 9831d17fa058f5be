// Lists the options, arguments and commands of a program.
#include "description.h"

#include <algorithm>
#include <initializer_list>

#include "checks.h"

namespace reel::apps {
namespace {

Described described(CLI::Option& option) {
  Described one;
  one.name = option.get_name(option.get_positional());
  if (!option.get_snames().empty()) one.short_name = '-' + option.get_snames().front();
  one.text = option.get_description();
  one.variable = option.get_envname();
  one.required = option.get_required();
  if (option.get_expected_max() == 0) return one;
  one.value = option.get_type_name().empty() ? one.name : option.get_type_name();
  one.default_value = option.get_default_str();
  one.choices = choices(option);
  const auto is_one_of = [&](std::initializer_list<const char*> types) {
    return std::find(types.begin(), types.end(), one.value) != types.end();
  };
  one.values = !one.choices.empty()                 ? Values::choice
               : is_one_of({"FILE", "PATH", "RUN"}) ? Values::file
               : is_one_of({"DIR", "FOLDER"})       ? Values::folder
                                                    : Values::any;
  return one;
}

std::vector<Described> all_described(CLI::App& command, bool arguments) {
  std::vector<Described> all;
  for (CLI::Option* option :
       command.get_options([&](CLI::Option* one) { return one->get_positional() == arguments; }))
    all.push_back(described(*option));
  return all;
}

}  // namespace

std::vector<Described> options_of(CLI::App& command) { return all_described(command, false); }
std::vector<Described> arguments_of(CLI::App& command) { return all_described(command, true); }

std::vector<CLI::App*> commands_of(CLI::App& app) {
  return app.get_subcommands([](CLI::App*) { return true; });
}

std::vector<CLI::App*> with_all_below(CLI::App& app) {
  std::vector<CLI::App*> all{&app};
  for (CLI::App* command : commands_of(app))
    for (CLI::App* below : with_all_below(*command)) all.push_back(below);
  return all;
}

std::string full_name(const CLI::App& app, const std::string& between) {
  const CLI::App* const parent = app.get_parent();
  return (parent ? full_name(*parent, between) + between : "") + app.get_name();
}

}  // namespace reel::apps
