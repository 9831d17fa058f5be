// The options that commands share, and the options of eval, predict and gradcheck.
#include "options.h"

#include <reel/data/mnist.h>
#include <reel/nn/activations.h>
#include <reel/nn/init.h>
#include <reel/optim/optimizers.h>

#include "../common/text.h"

namespace reel::mnist {

using apps::fraction, apps::not_empty, apps::one_of, apps::whole_number;

namespace {

constexpr std::size_t most_threads = 1024;
constexpr std::size_t largest_seed = std::size_t(-1) / 2;  // CLI11 reads −1 as 2⁶⁴ − 1

std::vector<std::string> activation_names() {
  std::vector<std::string> names;
  for (const auto& activation : nn::activations()) names.emplace_back(activation.name);
  return names;
}

std::vector<std::string> init_names() {
  const auto& names = nn::init_names();
  return {names.begin(), names.end()};
}

}  // namespace

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const auto& optimizer : optim::optimizers()) names.emplace_back(optimizer.name);
  return names;
}

void add_common(CLI::App& command, CommonOptions& options) {
  if (options.data.empty()) options.data = data::default_folder().string();
  command
      .add_option("--data", options.data,
                  "Images: IDX, CSV or NPY files, or a folder of pictures for each class")
      ->capture_default_str()
      ->type_name("PATH");
  command.add_flag("--json", options.json, "Print JSON, one object a line");
}

CLI::Option* add_load(CLI::App& command, std::string& path, const std::string& about) {
  return command
      .add_option("--load", path,
                  about + ": a file of `train --save`, or a folder of `train --checkpoint`")
      ->check(not_empty)
      ->type_name("PATH");
}

void add_threads(CLI::App& command, std::optional<std::size_t>& threads) {
  command
      .add_option("--threads", threads,
                  "Threads that share the work, which changes no result [one a processor]")
      ->transform(whole_number(1, most_threads))
      ->type_name("N");
}

void add_network(CLI::App& command, NetworkOptions& options) {
  add_common(command, options);
  command.add_option("--layers", options.layers, "Widths from input to output [784-10-10]")
      ->type_name("N-N-...");
  command
      .add_option("--activation", options.activation,
                  "relu, tanh, sigmoid, leaky_relu, elu, gelu, silu, … [relu]")
      ->transform(one_of(activation_names()))
      ->type_name("NAME");
  command.add_flag("--batch-norm", options.batch_norm, "Batch norm before each activation");
  command
      .add_option("--dropout", options.dropout,
                  "Fraction of each hidden layer's outputs left out in training, [0, 1) [0]")
      ->check(fraction)
      ->type_name("P");
  command
      .add_option("--init", options.init,
                  "First weights: " + apps::listed(init_names()) + " [uniform]")
      ->transform(one_of(init_names()))
      ->type_name("NAME");
  command.add_option("--seed", options.seed, "Decides weights, split, order and all other chance")
      ->transform(whole_number(0, largest_seed))
      ->capture_default_str()
      ->type_name("N");
  add_load(command, options.load, "Start from these weights");
}

void add_eval(apps::Program& program, EvalOptions& options) {
  CLI::App& command =
      program.add_command("eval", "Evaluate a saved network", [&] { return eval(options); });
  add_common(command, options);
  add_threads(command, options.threads);
  add_load(command, options.load, "The weights")->required();
  command
      .add_option("--on", options.on,
                  "test; or validation, the training images that `train` held out; or train, the "
                  "others")
      ->transform(one_of({"test", "validation", "train"}))
      ->capture_default_str()
      ->type_name("NAME");
  command
      .add_option(
          "--top-k", options.top_k,
          "Also print for how many images the label is among the K highest scores, such as 3")
      ->transform(whole_number(1))
      ->type_name("K");
  command.footer(
      "Examples:\n"
      "  reel-mnist eval --load net.safetensors\n"
      "  reel-mnist eval --load net.safetensors --on validation --top-k 3\n");
}

void add_predict(apps::Program& program, PredictOptions& options) {
  CLI::App& command = program.add_command("predict", "Show images and what a network sees",
                                          [&] { return predict(options); });
  add_common(command, options);
  add_load(command, options.load, "The weights")->required();
  command
      .add_option("files", options.files,
                  "Show these images: PNG, PGM or IDX files; - is the standard input")
      ->check(not_empty)
      ->type_name("FILE");
  CLI::Option* const drawn = command.add_flag(
      "--drawn", options.drawn,
      "All files show drawn digits: invert dark ink, scale and centre as MNIST does [each picture "
      "of another size, or dark on light]");
  command.add_flag("--as-is", options.as_is, "Change no picture")->excludes(drawn);
  command.add_option("--index", options.index, "The first test image to show, from 0")
      ->transform(whole_number(0))
      ->capture_default_str()
      ->type_name("N");
  command.add_option("--count", options.count, "How many to show")
      ->transform(whole_number(1))
      ->capture_default_str()
      ->type_name("N");
  command.footer(
      "Examples:\n"
      "  reel-mnist predict --load net.safetensors --index 42 --count 3\n"
      "  reel-mnist predict --load net.safetensors seven.png\n");
}

void add_gradcheck(apps::Program& program, GradcheckOptions& options) {
  CLI::App& command =
      program.add_command("gradcheck", "Check a network's gradients against numerical ones",
                          [&] { return gradcheck(options); });
  add_network(command, options);
  command
      .add_option("--images", options.images,
                  "How many training images to check on [16; with --digits 64]")
      ->transform(whole_number(1))
      ->type_name("N");
  CLI::Option* const order =
      command
          .add_option("--order", options.order, "1: gradients; 2: gradients of gradients as well")
          ->transform(whole_number(1, 2))
          ->capture_default_str()
          ->type_name("N");
  CLI::Option* const full = command.add_flag(
      "--full", options.full, "Check each parameter by itself, not random projections of all");
  CLI::Option* const digits =
      command
          .add_flag("--digits", options.digits,
                    "Instead: count the decimal digits that training in float has right, beside "
                    "double")
          ->excludes(order)
          ->excludes(full);
  command
      .add_option("--optimizer", options.optimizer,
                  "With --digits: the optimiser whose first step is compared")
      ->transform(one_of(optimizer_names()))
      ->needs(digits)
      ->capture_default_str()
      ->type_name("NAME");
  command.footer(
      "Computes in double, and with --digits in float as well. Examples:\n"
      "  reel-mnist gradcheck\n"
      "  reel-mnist gradcheck --layers 784-128-10 --activation tanh\n"
      "  reel-mnist gradcheck --load net.safetensors --images 4 --full\n"
      "  reel-mnist gradcheck --layers 784-128-10 --digits --optimizer adam\n");
}

}  // namespace reel::mnist
