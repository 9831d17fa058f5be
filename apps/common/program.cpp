// Running a program.
#include "program.h"

#include <cmath>
#include <csignal>
#include <exception>
#include <iostream>
#include <new>

#include <reel/autodiff/core/error.h>
#include <reel/autodiff/core/file.h>
#include <reel/train/stop_signals.h>

namespace reel::apps {
namespace {

constexpr int ended_by_signal = 128;  // plus the signal's number, as in a shell

// "train, eval or predict".
std::string commands_of(const CLI::App& app) {
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  std::string text;
  for (std::size_t i = 0; i < commands.size(); ++i)
    text += (i == 0 ? "" : i + 1 == commands.size() ? " or " : ", ") + commands[i]->get_name();
  return text;
}

}  // namespace

const char* const exit_codes =
    "Exit codes: 0 done; 1 failed; 2 a wrong command line; 3 an input file that is missing,\n"
    "malformed or does not fit; 4 a loss or an output that is not finite; 5 a read or write that\n"
    "the system refused; 128 + N ended by signal N.\n";

const CLI::Validator not_empty(
    [](const std::string& text) { return text.empty() ? "is empty" : ""; }, "");

const CLI::Validator above_zero(
    [](const std::string& text) {
      double value = 0;
      const bool fits = CLI::detail::lexical_cast(text, value) && value > 0 && std::isfinite(value);
      return fits ? "" : "expected a finite number above 0, got " + text;
    },
    "");

void set_up(CLI::App& app, const char* version) {
  app.set_version_flag("--version", app.get_name() + ' ' + version);
  app.require_subcommand(0, 1);        // `run` checks this: CLI11 would not name a wrong one
  app.option_defaults()->take_last();  // the last one counts if an option is given twice
  app.footer("`" + app.get_name() + " COMMAND --help` shows a command's options and examples.\n\n" +
             exit_codes);
}

int run(CLI::App& app, int argc, char** argv, const int& exit_code) {
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the file size limit then fails
  const auto fail_with = [&](Error::Kind kind, const std::string& message) {
    std::cout.flush();
    std::cerr << app.get_name() << ": " << printable(message) << '\n';
    return static_cast<int>(kind);
  };
  try {
    app.parse(argc, argv);
    if (app.get_subcommands().empty())
      return fail_with(Error::Kind::usage,
                       "no command, expected " + commands_of(app) + ". Hint: see --help.");
  } catch (const CLI::Success& request) {  // --help, --version
    app.exit(request);
  } catch (const CLI::ParseError& error) {
    std::string message = error.what();
    if (!message.ends_with('.')) message += '.';
    return fail_with(Error::Kind::usage, message + " Hint: see --help.");
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
