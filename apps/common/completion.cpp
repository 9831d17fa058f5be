// Scripts that complete the command line of a program.
#include "completion.h"

#include <functional>
#include <map>

#include <reel/autodiff/core/error.h>

#include "description.h"

namespace reel::apps {
namespace {

// A text in single quotes, as all of these shells read it.
std::string in_shell_quotes(const std::string& text) {
  return '\'' + CLI::detail::find_and_replace(text, "'", "'\\''") + '\'';
}

std::string comment(const CLI::App& program) {
  return concat("# Completes the command line of ", program.get_name(), ". Made by `",
                program.get_name(), " completion`.\n");
}

// "" for the program, "train" and "data fetch" for its commands.
std::string path_of(const CLI::App& app) {
  const std::string name = full_name(app);
  const std::size_t space = name.find(' ');
  return space == std::string::npos ? "" : name.substr(space + 1);
}

std::string spaced(const std::vector<std::string>& words) { return CLI::detail::join(words, " "); }

bool is_path(const Described& one) {
  return one.values == Values::file || one.values == Values::folder;
}

std::string bash_values(const Described& one) {
  switch (one.values) {
    case Values::choice:
      return "words=" + in_shell_quotes(spaced(one.choices));
    case Values::file:
      return "files=-f";
    case Values::folder:
      return "files=-d";
    default:
      return "";
  }
}

std::string bash(CLI::App& program) {
  std::string commands, values, words;  // lines of `case`
  for (CLI::App* app : with_all_below(program)) {
    const std::string path = path_of(*app);
    if (app != &program)
      commands +=
          concat("      ", in_shell_quotes(path_of(*app->get_parent()) + '/' + app->get_name()),
                 ") command=", in_shell_quotes(path), " ;;\n");
    std::vector<std::string> all;
    for (const CLI::App* command : commands_of(*app)) all.push_back(command->get_name());
    std::string files;
    for (const Described& argument : arguments_of(*app)) {
      all.insert(all.end(), argument.choices.begin(), argument.choices.end());
      if (is_path(argument)) files = ' ' + bash_values(argument);
    }
    for (const Described& option : options_of(*app)) {
      all.push_back(option.name);
      if (option.values != Values::none)
        values += concat("    ", in_shell_quotes(path + '/' + option.name), ") ",
                         bash_values(option), " ;;\n");
    }
    words += concat("        ", in_shell_quotes(path), ") words=", in_shell_quotes(spaced(all)),
                    files, " ;;\n");
  }
  const std::string function = '_' + CLI::detail::find_and_replace(program.get_name(), "-", "_");
  return concat(comment(program), function, R"(() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local command= words= files= i
  if [[ $word == = ]]; then  # --option=value is three words
    word=
  elif [[ $before == = ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case $command/${COMP_WORDS[i]} in
)",
                commands, R"(    esac
  done
  case $command/$before in
)",
                values, R"(    *)
      case $command in
)",
                words, R"(      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  if [[ $files ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen "$files" -- "$word")
  fi
}
complete -F )",
                function, ' ', program.get_name(), '\n');
}

std::string zsh_values(const Described& one) {
  const std::string value = ':' + one.value + ':';
  switch (one.values) {
    case Values::none:
      return "";
    case Values::any:
      return value + ' ';
    case Values::choice:
      return value + '(' + spaced(one.choices) + ')';
    case Values::file:
      return value + "_files";
    case Values::folder:
      return value + "_files -/";
  }
  return "";
}

// The text in brackets of an option of _arguments.
std::string zsh_text(std::string text) {
  for (const char* special : {"\\", "[", "]", ":"})
    text = CLI::detail::find_and_replace(text, special, std::string("\\") + special);
  return text;
}

// The file is `_reel-mnist`. When zsh loads it, it runs the file as the function of this name.
std::string zsh(CLI::App& program) {
  const auto function_name = [](const CLI::App& app) { return '_' + full_name(app, "-"); };
  std::string text = concat("#compdef ", program.get_name(), '\n', comment(program), '\n');
  for (CLI::App* app : with_all_below(program)) {
    std::string arguments;
    for (const Described& option : options_of(*app)) {
      const std::string rest = '[' + zsh_text(option.text) + ']' + zsh_values(option);
      const char* const equals = option.values == Values::none ? "" : "=";
      if (!option.short_name.empty())
        arguments += " \\\n    " + in_shell_quotes(option.short_name + rest);
      arguments += " \\\n    " + in_shell_quotes(option.name + equals + rest);
    }
    const auto commands = commands_of(*app);
    text += function_name(*app) + "() {\n";
    if (commands.empty()) {
      for (const Described& argument : arguments_of(*app))
        arguments += " \\\n    " + in_shell_quotes((argument.required ? ":" : "::") +
                                                   zsh_values(argument).substr(1));
      text += "  _arguments" + arguments + "\n}\n\n";
      continue;
    }
    std::string names, cases;
    for (CLI::App* command : commands) {
      names += "        " +
               in_shell_quotes(command->get_name() + ':' + zsh_text(command->get_description())) +
               '\n';
      cases += concat("        ", command->get_name(), ") ", function_name(*command), " ;;\n");
    }
    text += concat("  local state line\n  local -a commands\n  _arguments -C", arguments,
                   " \\\n    '1: :->command' '*:: :->arguments'\n"
                   "  case $state in\n"
                   "    command)\n"
                   "      commands=(\n",
                   names,
                   "      )\n"
                   "      _describe command commands\n"
                   "      ;;\n"
                   "    arguments)\n"
                   "      case $words[1] in\n",
                   cases,
                   "      esac\n"
                   "      ;;\n"
                   "  esac\n}\n\n");
  }
  return text + concat("if [[ $funcstack[1] = ", function_name(program), " ]]; then\n  ",
                       function_name(program), " \"$@\"\nelse\n  compdef ", function_name(program),
                       ' ', program.get_name(), "\nfi\n");
}

std::string fish_values(const Described& one) {
  switch (one.values) {
    case Values::none:
      return "";
    case Values::any:
      return " -x";
    case Values::choice:
      return " -x -a " + in_shell_quotes(spaced(one.choices));
    case Values::file:
      return " -r -F";
    case Values::folder:
      return " -x -a '(__fish_complete_directories)'";
  }
  return "";
}

std::string fish(CLI::App& program) {
  const std::string complete = "complete -c " + program.get_name();
  std::string text = comment(program) + complete + " -f\n";
  for (CLI::App* app : with_all_below(program)) {
    std::vector<std::string> commands;
    for (const CLI::App* command : commands_of(*app)) commands.push_back(command->get_name());
    const std::string none_below =
        commands.empty() ? "" : "not __fish_seen_subcommand_from " + spaced(commands);
    std::string here = app == &program ? none_below
                                       : "__fish_seen_subcommand_from " + app->get_name() +
                                             (commands.empty() ? "" : "; and " + none_below);
    here = complete + " -n " + in_shell_quotes(here);
    for (const CLI::App* command : commands_of(*app))
      text += concat(here, " -a ", command->get_name(), " -d ",
                     in_shell_quotes(command->get_description()), '\n');
    for (const Described& option : options_of(*app)) {
      text += here;
      if (!option.short_name.empty()) text += " -s " + option.short_name.substr(1);
      text += concat(" -l ", option.name.substr(2), " -d ", in_shell_quotes(option.text),
                     fish_values(option), '\n');
    }
    for (const Described& argument : arguments_of(*app))
      text += here + fish_values(argument) + '\n';
  }
  return text;
}

const std::map<std::string, std::function<std::string(CLI::App&)>> scripts{
    {"bash", bash}, {"fish", fish}, {"zsh", zsh}};

}  // namespace

std::vector<std::string> shells() {
  std::vector<std::string> names;
  for (const auto& [name, script] : scripts) names.push_back(name);
  return names;
}

std::string completion(CLI::App& program, const std::string& shell) {
  return scripts.at(shell)(program);
}

}  // namespace reel::apps
