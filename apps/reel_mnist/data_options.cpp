// The options of `reel-mnist data` and `reel-mnist data fetch`.
#include "../common/text.h"
#include "options.h"

namespace reel::mnist {

using apps::not_empty;

namespace {

void add_fetch(apps::Program& program, CLI::App& data, FetchOptions& options) {
  CLI::App& command = program.add_command(
      "fetch", "Download a set of images", [&] { return fetch(options); }, &data);
  command.add_option("SET", options.set, apps::listed(fetchable_sets()))
      ->required()
      ->transform(apps::one_of(fetchable_sets()))
      ->type_name("");
  command.add_option("--to", options.to, "The folder for its files")
      ->required()
      ->check(not_empty)
      ->type_name("DIR");
  command
      .add_option("--mirror", options.mirror,
                  "Where the files are, in place of the places that are built in")
      ->check(not_empty)
      ->type_name("URL");
  command.footer(
      "Needs the program curl, and unzip for EMNIST. A download that was cut goes on "
      "where it ended. Examples:\n"
      "  reel-mnist data fetch mnist --to ~/mnist\n"
      "  reel-mnist data fetch kmnist --to k --mirror http://192.168.0.2:8000/kmnist\n");
}

}  // namespace

void add_data(apps::Program& program, DataOptions& options) {
  CLI::App& command = program.add_command("data", "Check a set of images, or download one",
                                          [&] { return inspect(options.inspect); });
  add_common(command, options.inspect);
  add_fetch(program, command, options.fetch);
  command.footer(
      "Counts the images that have the same pixels as another, and prints a fingerprint of all "
      "images and labels in their order, which does not depend on the form of the files. "
      "Examples:\n"
      "  reel-mnist data\n"
      "  reel-mnist data --data digits.csv --json\n"
      "  reel-mnist data fetch --help\n");
}

}  // namespace reel::mnist
