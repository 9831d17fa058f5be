// The options of `reel-mnist train`.
#include <functional>
#include <map>

#include <reel/optim/optimizers.h>

#include "../common/text.h"
#include "options.h"

namespace reel::mnist {

using apps::above_zero, apps::fraction, apps::not_empty, apps::one_of, apps::whole_number;

namespace {

// "sgd 0.1; momentum, nesterov 0.05; …"
std::string first_rates() {
  std::map<double, std::vector<std::string>, std::greater<>> names;
  for (const auto& optimizer : optim::optimizers())
    names[optimizer.lr].emplace_back(optimizer.name);
  std::string text;
  for (const auto& [rate, those] : names)
    text += concat(text.empty() ? "" : "; ", apps::listed(those), ' ', rate);
  return text;
}

}  // namespace

void add_train(apps::Program& program, TrainOptions& options) {
  CLI::App& command = program.add_command("train", "Train a network and report its accuracy",
                                          [&] { return train(options); });
  add_network(command, options);
  add_threads(command, options);
  command.add_option("--optimizer", options.optimizer, apps::listed(optimizer_names()))
      ->transform(one_of(optimizer_names()))
      ->capture_default_str()
      ->type_name("NAME");
  command.add_option("--lr", options.lr, "Learning rate [" + first_rates() + ']')
      ->check(above_zero)
      ->type_name("X");
  command
      .add_option("--batch", options.batch_size, "Images in a batch; a short last one is left out")
      ->check(whole_number(1, most))
      ->capture_default_str()
      ->type_name("N");
  command.add_option("--epochs", options.epochs, "Passes over the training images")
      ->check(whole_number(1, most))
      ->capture_default_str()
      ->type_name("N");
  command
      .add_option("--validation", options.validation,
                  "Fraction of training images to hold out, [0, 1)")
      ->check(fraction)
      ->capture_default_str()
      ->type_name("SHARE");
  command.add_option("--save", options.save, "Write the weights to this safetensors file")
      ->check(not_empty)
      ->type_name("FILE");
  command.add_option("--plot", options.plot, "Draw loss and accuracy by epoch into this SVG file")
      ->check(not_empty)
      ->type_name("FILE");
  command.add_flag("--stream", options.stream,
                   "Leave images that are not gzipped on the disk, for more than memory holds, and "
                   "shuffle them in blocks");
  command.add_flag("--profile", options.profile, "Print time and memory by operation at the end");
  command.add_flag("--anomaly", options.anomaly,
                   "Stop at the operation that made the first NaN or infinity");
  command.footer(
      "Examples:\n"
      "  reel-mnist train\n"
      "  reel-mnist train --data ~/mnist --layers 784-128-10 --optimizer adam --epochs 8\n"
      "  reel-mnist train --activation sigmoid --lr 0.5 --save net.safetensors\n"
      "  reel-mnist train --epochs 20 --plot training.svg\n");
}

}  // namespace reel::mnist
