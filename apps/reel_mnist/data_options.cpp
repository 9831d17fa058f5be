// The options of `reel-mnist data` and `reel-mnist data fetch`.
#include "../common/text.h"
#include "options.h"

namespace reel::mnist {

using apps::not_empty, apps::silent;

namespace {

void add_fetch(CLI::App& app, FetchOptions& options, int& exit_code) {
  CLI::App& command = *app.add_subcommand("fetch", "Download a set of images");
  command.add_option("SET", options.set, apps::listed(fetchable_sets()))
      ->required()
      ->check(silent(CLI::IsMember(fetchable_sets())))
      ->type_name("");
  command.add_option("--to", options.to, "The folder for its files")
      ->required()
      ->check(not_empty)
      ->type_name("DIR");
  command
      .add_option("--mirror", options.mirror,
                  "Where the files are, in place of the places that are built in")
      ->check(not_empty)
      ->envname("REEL_DATA_MIRROR")
      ->type_name("URL");
  command.footer(
      "Needs the program curl, and unzip for EMNIST. A download that was cut goes on where it "
      "ended.\n"
      "Examples:\n"
      "  reel-mnist data fetch mnist --to ~/mnist\n"
      "  reel-mnist data fetch kmnist --to ~/kmnist --mirror http://192.168.0.2:8000/kmnist\n");
  command.callback([&] { exit_code = fetch(options); });
}

}  // namespace

void add_data(CLI::App& app, DataOptions& options, int& exit_code) {
  CLI::App& command = *app.add_subcommand("data", "Check a set of images, or download one");
  add_common(command, options.inspect);
  command.require_subcommand(0, 1);
  add_fetch(command, options.fetch, exit_code);
  command.footer(
      "Counts the images that have the same pixels as another, and prints a fingerprint of all "
      "images\n"
      "and labels in their order, which does not depend on the form of the files. Examples:\n"
      "  reel-mnist data\n"
      "  reel-mnist data --data digits.csv --json\n"
      "  reel-mnist data fetch --help\n");
  command.callback([&] {
    if (command.get_subcommands().empty()) exit_code = inspect(options.inspect);
  });
}

}  // namespace reel::mnist
