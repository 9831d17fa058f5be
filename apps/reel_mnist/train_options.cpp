// The options of `reel-mnist train`.
#include "options.h"
#include "recipes.h"
#include "run_folder.h"

namespace reel::mnist {

using apps::not_empty, apps::one_of, apps::whole_number;

namespace {

void add_files(CLI::App& command, TrainOptions& options) {
  const char* const group = "Results";
  const auto file = [&](const char* name, std::string& path, const char* about, const char* kind) {
    command.add_option(name, path, about)->check(not_empty)->type_name(kind)->group(group);
  };
  file("--save", options.save, "Write the weights to this safetensors file", "FILE");
  file("--plot", options.plot, "Draw loss and accuracy by epoch into this SVG file", "FILE");
  file("--report", options.report,
       "Write a page about the network: curves, mistakes, weights, a board to draw on", "FILE");
  command
      .add_option(
          "--suspects", options.suspects,
          "How many training images to search for wrong labels, for --report; 0: none [10000]")
      ->transform(whole_number(0))
      ->type_name("IMAGES")
      ->group(group);
  file("--log", options.log,
       "Write loss, rate, gradients and updates of the batches to this CSV file", "FILE");
  file("--tensorboard", options.tensorboard,
       "Write them and the epochs to an event file in this folder, for TensorBoard", "DIR");
  file("--checkpoint", options.checkpoint,
       "After each epoch, and when stopped, write all that the run needs to continue", "DIR");
  command
      .add_option("--checkpoint-every", options.checkpoint_every,
                  "Write one after this many batches, too [only after each epoch]")
      ->transform(whole_number(1))
      ->type_name("BATCHES")
      ->group(group);
  command
      .add_option("--seeds", options.seeds,
                  "Train N times, with seeds from --seed on; report mean and 95 % interval; "
                  "--save writes one network with their mean output")
      ->transform(whole_number(1, 1000))
      ->capture_default_str()
      ->type_name("N")
      ->group(group);
  command.add_flag("--summary", options.summary, "Print the layers with their shapes")
      ->group(group);
  command.add_flag("--profile", options.profile, "Print time and memory by operation at the end")
      ->group(group);
  command
      .add_flag("--anomaly", options.anomaly,
                "Stop at the operation that made the first NaN or infinity")
      ->group(group);
}

}  // namespace

void add_train(apps::Program& program, TrainOptions& options) {
  CLI::App& command = program.add_command("train", "Train a network and report its accuracy", [&] {
    options.settings = settings_of_run(program.configuration());
    options.defaults = program.defaults();
    return train(options);
  });
  apps::add_layer(command, "--resume", "Continue the run in this folder, as if it never stopped",
                  [&](const std::string& folder) {
                    options.resume = folder;
                    return apps::Layer{settings_in(folder), folder};
                  })
      ->check(not_empty)
      ->type_name("DIR");
  apps::add_layer(command, "--recipe", "Settings with a known result; see `reel-mnist recipes`",
                  [&](const std::string& name) {
                    options.has_recipe = true;
                    return apps::Layer{find_recipe(name).settings, "recipe " + name};
                  })
      ->transform(one_of(recipe_names()))
      ->type_name("NAME");
  add_network(command, options);
  add_threads(command, options.threads);
  add_training(command, options);
  command
      .add_flag("--find-lr", options.find_lr,
                "Instead of training: try rates from small to large, and suggest one")
      ->group("Learning rate by time");
  add_files(command, options);
  command.footer(
      "Examples:\n"
      "  reel-mnist train\n"
      "  reel-mnist train --data ~/mnist --layers 784-128-10 --optimizer adam\n"
      "  reel-mnist train --activation sigmoid --lr 0.5 --save net.safetensors\n"
      "  reel-mnist train --optimizer adam --schedule cosine --warm-up 1 --elastic 36\n"
      "  reel-mnist train --patience 5 --checkpoint run\n"
      "  reel-mnist train --resume run\n"
      "  reel-mnist train --epochs 20 --plot training.svg --report training.html\n");
}

}  // namespace reel::mnist
