// The options of `reel-mnist compare`.
#include "options.h"

namespace reel::mnist {

using apps::not_empty, apps::whole_number;

void add_compare(apps::Program& program, CompareOptions& options) {
  CLI::App& command =
      program.add_command("compare", "Train the same network by several settings", [&] {
        options.set = program.options_set();
        return compare(options);
      });
  add_network(command, options);
  add_threads(command, options.threads);
  add_training(command, options);
  const char* const group = "Comparison";
  command
      .add_option(
          "--vary", options.vary,
          "The option that differs and its values, such as lr=0.01,0.1; by default optimizer, "
          "of the classic five")
      ->check(not_empty)
      ->type_name("NAME=VALUE,...")
      ->group(group);
  command.add_option("--seeds", options.seeds, "Train N times by each, with seeds from --seed on")
      ->transform(whole_number(2, 1000))
      ->capture_default_str()
      ->type_name("N")
      ->group(group);
  command.add_option("--plot", options.plot, "Draw the cost by epoch into this SVG file")
      ->check(not_empty)
      ->type_name("FILE")
      ->group(group);
  command.footer(
      "Examples:\n"
      "  reel-mnist compare --layers 784-128-10 --plot methods.svg\n"
      "  reel-mnist compare --vary lr=0.03,0.1,0.3 --seeds 3\n"
      "  reel-mnist compare --vary layers=784-10-10,784-30-10 --optimizer adam\n");
}

}  // namespace reel::mnist
