// Running a program.
#include "program.h"

#include <algorithm>
#include <csignal>
#include <exception>
#include <filesystem>
#include <iostream>
#include <memory>
#include <new>
#include <utility>

#include <reel/autodiff/core/error.h>
#include <reel/autodiff/core/file.h>
#include <reel/train/stop_signals.h>

#include "completion.h"
#include "description.h"
#include "help.h"
#include "manual.h"
#include "mistakes.h"
#include "text.h"

namespace reel::apps {
namespace {

constexpr int ended_by_signal = 128;  // plus the signal's number, as in a shell
constexpr std::size_t longest_settings = 1 << 20;

// --help wins over a mistake beside it.
bool asks_for_help(const CLI::App& command) {
  return command.get_help_ptr() && command.get_help_ptr()->count() > 0;
}

}  // namespace

Program::Program(const std::string& name, const std::string& description,
                 const std::string& version)
    : app_(description, name), version_(version) {
  app_.formatter(std::make_shared<HelpFormatter>());
  app_.set_version_flag("--version", name + ' ' + version);
  app_.require_subcommand(0, 1);        // `run` checks this: CLI11 would not name a wrong one
  app_.option_defaults()->take_last();  // the last one counts if an option is given twice
  app_.footer("`" + name + " COMMAND --help` shows a command's options and examples.\n");
}

CLI::App& Program::add_command(const std::string& name, const std::string& description,
                               std::function<int()> run, CLI::App* parent) {
  CLI::App& command = *(parent ? parent : &app_)->add_subcommand(name, description);
  commands_[&command] = std::move(run);
  // With this, CLI11 handles the environment and the values of the command that is given alone.
  command.parse_complete_callback([] {});
  add_layer(command, config_option, "Read options from this file, lines such as lr = 0.1",
            [](const std::string& path) {
              return Layer{read_file(path, "config", longest_settings), absolute_name(path)};
            })
      ->configurable(false)
      ->check(not_empty)
      ->type_name("FILE");
  command.add_flag("--print-config", print_config_, "Print the options as such a file, and end")
      ->configurable(false);
  return command;
}

void Program::add_completion() {
  CLI::App& command =
      *app_.add_subcommand("completion", "Print a script that completes command lines in a shell");
  command.add_option("SHELL", shell_, listed(shells(), " or "))
      ->required()
      ->transform(one_of(shells()))
      ->type_name("");
  const std::string name = app_.get_name();
  command.footer("Examples:\n  source <(" + name + " completion bash)\n  " + name +
                 " completion zsh > ~/.zfunc/_" + name + "\n  " + name +
                 " completion fish > ~/.config/fish/completions/" + name + ".fish\n");
  commands_[&command] = [this] {
    std::cout << completion(app_, shell_);
    return 0;
  };
}

std::optional<std::string> Program::elsewhere(const std::string& name) {
  for (const CLI::App* one : with_all_below(app_))
    if (one->get_name() == name && one->get_parent() && one->get_parent() != &app_)
      return full_name(*one).substr(app_.get_name().size() + 1);
  return std::nullopt;
}

void Program::add_manual() {
  CLI::App& command = *app_.add_subcommand("man", "Print the manual page of a command");
  std::vector<std::string> names;
  for (const CLI::App* one : with_all_below(app_)) names.push_back(one->get_name());
  names.erase(names.begin());  // the program itself
  command.add_option("COMMAND", page_, "Which; if there is none, that of the program")
      ->transform(one_of(names))
      ->type_name("");
  command.add_option("--into", pages_folder_, "Write the pages of all commands into this folder")
      ->check(not_empty)
      ->type_name("FOLDER")
      ->configurable(false);
  command.footer("Example:\n  " + app_.get_name() + " man | man -l -\n");
  commands_[&command] = [this] {
    if (!pages_folder_.empty()) {
      for (CLI::App* page : with_all_below(app_))
        write_file(std::filesystem::path(pages_folder_) / (full_name(*page, "-") + ".1"), "into",
                   manual(*page, version_));
      return 0;
    }
    CLI::App* page = &app_;
    for (const std::string& name : page_) {
      const std::vector<CLI::App*> below = commands_of(*page);
      const auto found = std::find_if(below.begin(), below.end(),
                                      [&](const CLI::App* one) { return one->get_name() == name; });
      if (found == below.end())
        fail_usage("man", "there is no command ", in_quotes(name),
                   ". Hint: ", elsewhere(name).value_or(nearest(name, command_names(*page))), '.');
      page = *found;
    }
    std::cout << manual(*page, version_);
    return 0;
  };
}

int Program::parse_and_run(int argc, char** argv) {
  add_completion();
  add_manual();
  for (const auto& [command, run] : commands_) add_variables(*command);
  try {
    app_.parse(argc, argv);
  } catch (const CLI::Success& request) {  // --help, --version
    return app_.exit(request);
  } catch (const CLI::ParseError& error) {
    if (asks_for_help(given_command(app_))) return app_.exit(CLI::CallForHelp());
    throw Error(Error::Kind::usage, message_for(app_, error));
  }
  CLI::App& command = given_command(app_);
  if (&command == &app_)
    throw Error(Error::Kind::usage,
                concat("no command, expected ", listed(command_names(app_), " or "),
                       ". Hint: see --help."));
  if (print_config_) {
    std::cout << configuration_of(command, true);
    return 0;
  }
  return commands_.at(&command)();
}

std::string Program::configuration() { return configuration_of(given_command(app_)); }

std::string Program::defaults() { return defaults_of(given_command(app_)); }

std::vector<std::string> Program::options_set() {
  std::vector<std::string> keys;
  for (const CLI::Option* option : settings_of(given_command(app_)))
    if (option->count() > 0) keys.push_back(key_of(*option));
  return keys;
}

int Program::run(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the file size limit then fails
  const auto fail_with = [&](Error::Kind kind, const std::string& message) {
    std::cout.flush();
    std::cerr << app_.get_name() << ": " << printable(message) << '\n';
    return static_cast<int>(kind);
  };
  int exit_code = 0;
  try {
    exit_code = parse_and_run(argc, argv);
  } catch (const Error& error) {
    return fail_with(error.kind(), error.what());
  } catch (const std::bad_alloc&) {
    return fail_with(Error::Kind::failure, "out of memory.");
  } catch (const std::exception& error) {
    return fail_with(Error::Kind::failure, error.what());
  }
  if (!std::cout.flush() && StopSignals::received() == SIGPIPE) return ended_by_signal + SIGPIPE;
  if (!std::cout && exit_code < ended_by_signal)
    return fail_with(Error::Kind::system, "the results could not be written to standard output.");
  return exit_code;
}

}  // namespace reel::apps
