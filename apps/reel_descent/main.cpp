// reel-descent: shows the systems that lecture notes on optimisation describe, and races methods.
#include <reel/data/mnist.h>

#include "../common/program.h"
#include "../common/text.h"
#include "commands.h"
#include "methods.h"

namespace reel::descent {
namespace {

using apps::not_empty, apps::one_of, apps::whole_number;

constexpr std::size_t largest_seed = std::size_t(-1) / 2;  // CLI11 reads −1 as 2⁶⁴ − 1

void add_json(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "Print JSON, one object a line");
}

void add_data(CLI::App& command, LectureOptions& options) {
  options.data = data::default_folder().string();
  command.add_option("--data", options.data, "Folder of the four IDX files, gzipped or not")
      ->capture_default_str()
      ->type_name("DIR");
}

void add_seed(CLI::App& command, std::uint64_t& seed, const char* what) {
  command.add_option("--seed", seed, what)
      ->transform(whole_number(0, largest_seed))
      ->capture_default_str()
      ->type_name("N");
}

void add_list(apps::Program& program, LectureOptions& options) {
  CLI::App& command = program.add_command("list", "List the systems that can be shown",
                                          [&] { return list(options); });
  add_json(command, options.json);
  command.footer("Example:\n  reel-descent list\n");
}

void add_show(apps::Program& program, LectureOptions& options) {
  CLI::App& command = program.add_command("show", "Compute a system and compare with the notes",
                                          [&] { return show(options); });
  command.add_option("lecture", options.name, "Its name or row, see `reel-descent list`")
      ->required()
      ->type_name("NAME");
  command.add_option("--out", options.out, "Draw its pictures into this folder")
      ->check(not_empty)
      ->type_name("FOLDER");
  add_data(command, options);
  add_seed(command, options.seed, "Decides all that is drawn at random");
  add_json(command, options.json);
  command.footer(
      "It fails if a finding does not agree. Examples:\n"
      "  reel-descent show 14\n"
      "  reel-descent show 14 --out pictures\n");
}

void add_all(apps::Program& program, LectureOptions& options) {
  CLI::App& command = program.add_command("all", "Show all systems on one page with pictures",
                                          [&] { return all(options); });
  command
      .add_option("--only", options.only, "Show these systems alone: names or rows, such as 1,14")
      ->delimiter(',')
      ->type_name("NAME,...");
  command.add_option("--out", options.out, "Folder for index.html and the pictures")
      ->required()
      ->check(not_empty)
      ->type_name("FOLDER");
  add_data(command, options);
  add_seed(command, options.seed, "Decides all that is drawn at random");
  add_json(command, options.json);
  command.footer("Example:\n  reel-descent all --out lectures\n");
}

std::string race_help() {
  std::string names;
  for (const std::string& name : function_names()) names += (names.empty() ? "" : " ") + name;
  std::string functions;
  for (const std::string& line : apps::wrapped(names, 76)) functions += "  " + line + '\n';
  return "Methods, commas between them: NAME, or NAME:OPTION=VALUE:OPTION=VALUE. Their options, "
         "with the default or, of several words, the default first:\n" +
         methods_help() +
         "random_restart takes the options of the method it restarts as well.\n"
         "Functions:\n" +
         functions +
         "Sweeps are values + gradients + products of the Hessian with a vector + n for each\n"
         "Hessian of n parameters + m for each Jacobian of m residuals. The distance is that to\n"
         "the nearest global minimum.\n"
         "Examples:\n"
         "  reel-descent race\n"
         "  reel-descent race --on himmelblau --methods nesterov:step=0.005,newton_cg\n"
         "  reel-descent race --on beale --starts '1,1;-2,3' --methods bfgs,newton_cg\n"
         "  reel-descent race --on nightmare --starts random:3 --out race.svg \\\n"
         "    --methods hill_climbing,random_restart:of=momentum:step=0.2:deviation=2\n";
}

void add_race(apps::Program& program, RaceOptions& options) {
  CLI::App& command = program.add_command("race", "Run methods from the same starts",
                                          [&] { return race(options); });
  command.add_option("--methods", options.methods, "Which, with their options, see below")
      ->check(not_empty)
      ->capture_default_str()
      ->type_name("LIST");
  command.add_option("--on", options.on, "The function to minimise, see below")
      ->transform(one_of(function_names()))
      ->capture_default_str()
      ->type_name("NAME");
  command
      .add_option("--starts", options.starts,
                  "Points X,Y;X,Y… or random:N [the function's own start]")
      ->check(not_empty)
      ->type_name("LIST");
  command.add_option("--iterations", options.iterations, "At most, in each run")
      ->transform(whole_number(1))
      ->capture_default_str()
      ->type_name("N");
  add_seed(command, options.seed, "Decides random starts and methods");
  command.add_option("--out", options.out, "Draw paths and losses into this SVG file")
      ->check(not_empty)
      ->type_name("FILE");
  add_json(command, options.json);
  command.footer(race_help());
}

int run(int argc, char** argv) {
  apps::Program program("reel-descent",
                        "Shows what lecture notes on optimisation describe, and races methods.",
                        REEL_VERSION);
  LectureOptions list_options, show_options, all_options;
  RaceOptions race_options;
  add_list(program, list_options);
  add_show(program, show_options);
  add_all(program, all_options);
  add_race(program, race_options);
  return program.run(argc, argv);
}

}  // namespace
}  // namespace reel::descent

int main(int argc, char** argv) { return reel::descent::run(argc, argv); }
