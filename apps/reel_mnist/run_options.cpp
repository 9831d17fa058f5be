// The options of diff, verify and recipes.
#include <iostream>

#include <reel/autodiff/core/error.h>

#include "../common/output.h"
#include "../common/text.h"
#include "options.h"
#include "recipes.h"

namespace reel::mnist {

using apps::not_empty;

namespace {

int print_recipes(bool json) {
  for (const Recipe& recipe : recipes()) {
    if (json) {
      std::cout << apps::json_line({{"recipe", recipe.name},
                                    {"about", recipe.about},
                                    {"data", recipe.data},
                                    {"result", recipe.result},
                                    {"time", recipe.time},
                                    {"settings", recipe.settings}});
      continue;
    }
    const std::size_t width = apps::output_width();
    std::cout << apps::paragraph(concat(recipe.name, ": ", recipe.about), width);
    for (const std::string& line :
         apps::wrapped(concat(recipe.data, ": ", recipe.result, ", ", recipe.time), width - 2))
      std::cout << "  " << line << '\n';
  }
  if (!json)
    std::cout << '\n'
              << apps::paragraph(
                     "`reel-mnist train --recipe NAME --print-config` shows the settings of one. "
                     "They were chosen by validation images, never by the test images.",
                     apps::output_width());
  return 0;
}

}  // namespace

void add_recipes(apps::Program& program, bool& json) {
  CLI::App& command = program.add_command("recipes", "List settings with a known result",
                                          [&] { return print_recipes(json); });
  command.add_flag("--json", json, "Print JSON, one object a line");
  command.footer("Example:\n  reel-mnist train --data ~/mnist --recipe fast\n");
}

void add_diff(apps::Program& program, DiffOptions& options) {
  CLI::App& command = program.add_command("diff", "Find where two runs begin to differ",
                                          [&] { return diff(options); });
  for (std::string* path : {&options.first, &options.second})
    command
        .add_option(path == &options.first ? "first" : "second", *path,
                    "A folder of --checkpoint, or a file of weights")
        ->required()
        ->check(not_empty)
        ->type_name("RUN");
  command.add_flag("--json", options.json, "Print JSON");
  command.footer(
      "Exit code 0: equal; 1: different. Examples:\n"
      "  reel-mnist diff run-a run-b\n"
      "  reel-mnist diff a.safetensors b.safetensors\n");
}

void add_verify(apps::Program& program, VerifyOptions& options) {
  CLI::App& command = program.add_command(
      "verify", "Train a short reference run and compare it with published results",
      [&] { return verify(options); });
  add_threads(command, options.threads);
  command.add_flag("--json", options.json, "Print JSON");
  command.footer("Exit code 0: as published; 1: not. Example:\n  reel-mnist verify\n");
}

}  // namespace reel::mnist
