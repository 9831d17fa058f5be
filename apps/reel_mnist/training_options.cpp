// The options that decide how a network is trained.
#include <algorithm>
#include <functional>
#include <map>
#include <string_view>

#include <reel/optim/optimizers.h>
#include <reel/optim/schedules.h>

#include "../common/text.h"
#include "options.h"

namespace reel::mnist {

using apps::above_zero, apps::fraction, apps::not_negative, apps::one_of, apps::probability,
    apps::proper_fraction, apps::whole_number;

namespace {

// The defaults of an optimiser's option, such as "momentum, nesterov 0.9; else 0".
std::string defaults_of(std::string_view option) {
  std::map<double, std::vector<std::string>, std::greater<>> names;
  for (const optim::NamedOptimizer& optimizer : optim::optimizers()) {
    if (option == "lr") names[optimizer.lr].emplace_back(optimizer.name);
    for (const optim::NamedOption& own : optimizer.options)
      if (own.name == option && option != "lr") names[own.value].emplace_back(optimizer.name);
  }
  const auto usual = std::max_element(
      names.rbegin(), names.rend(),
      [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  std::string text;
  for (const auto& [value, those] : names)
    if (value != usual->first) text += concat(apps::listed(those), ' ', value, "; ");
  return concat(text, text.empty() ? "" : "else ", usual->first);
}

// The options of optimisers, with their names in optim::optimizers().
struct OptimizerOption {
  const char* name;
  const char* about;
  CLI::Validator check;
};
std::vector<OptimizerOption> optimizer_options() {
  const CLI::Validator zero_or_one = whole_number(0, 1);
  return {
      {"momentum", "Share of the last step that the next one keeps", not_negative},
      {"dampening", "Of momentum: share of the gradient that is left out", not_negative},
      {"nesterov", "Of momentum: 1 looks ahead, as Nesterov's method does", zero_or_one},
      {"beta1", "Of Adam and its kind: decay of the mean gradient", fraction},
      {"beta2", "Of Adam and its kind: decay of the mean square", fraction},
      {"eps", "Added to the root by which a step is divided", not_negative},
      {"amsgrad", "Of Adam and AdamW: 1 never lets the mean square fall", zero_or_one},
      {"weight_decay", "Shrinks the weights beside the gradient, such as 0.01", not_negative},
      {"l2", "Adds this share of the weights to the gradient, such as 0.0001", not_negative},
      {"alpha", "Of rmsprop: decay of the mean square", fraction},
      {"centered", "Of rmsprop: 1 divides by the deviation, not the square", zero_or_one},
      {"rho", "Of adadelta: decay of its means", fraction},
      {"lr_decay", "Of adagrad: the rate is divided by 1 + t times this", not_negative},
      {"start", "Of adagrad: the first sum of squares", not_negative},
      {"momentum_decay", "Of nadam: how fast its momentum grows", not_negative},
      {"down", "Of rprop: the factor of a step after a change of sign", proper_fraction},
      {"up", "Of rprop: the factor of a step without one", apps::number_above(1)},
      {"shortest", "Of rprop: the shortest step", not_negative},
      {"longest", "Of rprop: the longest step", above_zero},
  };
}

std::vector<std::string> names_of_schedules() {
  const auto& names = optim::schedule_names();
  std::vector<std::string> all(names.begin(), names.end());
  all.emplace_back("plateau");
  return all;
}

void add_optimizer(CLI::App& command, TrainOptions& options) {
  const char* const group = "Optimiser";
  command.add_option("--optimizer", options.optimizer, apps::listed(optimizer_names()))
      ->transform(one_of(optimizer_names()))
      ->capture_default_str()
      ->type_name("NAME")
      ->group(group);
  command.add_option("--lr", options.lr, concat("Learning rate [", defaults_of("lr"), ']'))
      ->check(above_zero)
      ->type_name("X")
      ->group(group);
  for (const OptimizerOption& option : optimizer_options())
    command
        .add_option("--" + apps::with_dashes(option.name), options.optimizer_options[option.name],
                    concat(option.about, " [", defaults_of(option.name), ']'))
        ->transform(option.check)
        ->type_name("X")
        ->group(group);
  command
      .add_option("--clip-norm", options.clip_norm,
                  "Longest gradient; a longer one is shortened to it, such as 1")
      ->check(above_zero)
      ->type_name("X")
      ->group(group);
  command.add_option("--accumulate", options.accumulate, "Batches whose gradients make one step")
      ->transform(whole_number(1))
      ->capture_default_str()
      ->type_name("N")
      ->group(group);
}

void add_schedule(CLI::App& command, TrainOptions& options) {
  const char* const group = "Learning rate by time";
  command.add_option("--schedule", options.schedule, apps::listed(names_of_schedules()))
      ->transform(one_of(names_of_schedules()))
      ->capture_default_str()
      ->type_name("NAME")
      ->group(group);
  command
      .add_option("--warm-up", options.warm_up,
                  "Epochs in which the rate rises from 0, such as 0.5")
      ->check(not_negative)
      ->capture_default_str()
      ->type_name("EPOCHS")
      ->group(group);
  command
      .add_option("--lr-end", options.lr_end,
                  "Last rate of linear, cosine and restarts, lowest of plateau [0]")
      ->check(not_negative)
      ->type_name("X")
      ->group(group);
  command
      .add_option(
          "--lr-every", options.lr_every,
          "Length of a step or of a restart; of exponential, the time to fall by the factor [a "
          "third of the run]; patience of plateau [2]")
      ->check(above_zero)
      ->type_name("EPOCHS")
      ->group(group);
  command
      .add_option("--lr-factor", options.lr_factor,
                  "By which the rate falls in step, exponential and plateau [0.1]")
      ->check(proper_fraction)
      ->type_name("X")
      ->group(group);
}

void add_augmentation(CLI::App& command, TrainOptions& options) {
  constexpr double far = 1e6;
  const char* const group = "Distortion of the training images, new in each epoch";
  const auto amount = [&](const char* name, double& value, const char* about, const char* unit,
                          const CLI::Validator& check) {
    command.add_option(name, value, about)
        ->check(check)
        ->capture_default_str()
        ->type_name(unit)
        ->group(group);
  };
  amount("--shift", options.shift, "Up to this far in each direction, such as 1", "PIXELS",
         apps::number(0, far));
  amount("--rotate", options.rotate, "Up to this far to each side, such as 7.5", "DEGREES",
         apps::number(0, 180));
  amount("--scale", options.scale, "Wider and higher by up to this share, such as 0.075", "SHARE",
         fraction);
  amount("--shear", options.shear, "Slanted by up to this much, such as 5", "DEGREES",
         apps::number_below(90));
  amount("--elastic", options.elastic, "Simard's α of elastic distortion, such as 36", "PIXELS",
         apps::number(0, far));
  command
      .add_option("--elastic-sigma", options.elastic_sigma, "Its σ: how far its parts reach [5]")
      ->check(apps::number(1, far))
      ->type_name("PIXELS")
      ->group(group);
  const auto chance = [&](const char* name, double& value, const char* about) {
    command.add_option(name, value, about)
        ->check(probability)
        ->capture_default_str()
        ->type_name("P")
        ->group(group);
  };
  chance("--flip", options.flip, "Probability of a mirror image, such as 0.5");
  chance("--erase", options.erase, "Probability that a rectangle is erased, such as 0.25");
}

void add_loss(CLI::App& command, TrainOptions& options) {
  const char* const group = "Loss and averaging";
  command
      .add_option("--label-smoothing", options.label_smoothing,
                  "Share of each label that is spread over all classes, such as 0.1")
      ->check(fraction)
      ->capture_default_str()
      ->type_name("SHARE")
      ->group(group);
  command
      .add_option("--class-weights", options.class_weights,
                  "none, or balanced: each class counts as much as another")
      ->transform(one_of({"none", "balanced"}))
      ->capture_default_str()
      ->type_name("NAME")
      ->group(group);
  command
      .add_option("--average", options.average,
                  "Average the weights over the steps, with this decay, such as 0.999; --save "
                  "writes the averages")
      ->check(proper_fraction)
      ->type_name("DECAY")
      ->group(group);
  command
      .add_option("--patience", options.patience,
                  "Stop after this many epochs without a better validation, with the best weights")
      ->transform(whole_number(1))
      ->type_name("EPOCHS")
      ->group(group);
  command
      .add_option("--monitor", options.monitor,
                  "What --patience, plateau and the best checkpoint judge: loss or accuracy")
      ->transform(one_of({"loss", "accuracy"}))
      ->capture_default_str()
      ->type_name("NAME")
      ->group(group);
}

}  // namespace

void add_training(CLI::App& command, TrainOptions& options) {
  command
      .add_option("--batch", options.batch_size, "Images in a batch; a short last one is left out")
      ->transform(whole_number(1))
      ->capture_default_str()
      ->type_name("N");
  command.add_option("--epochs", options.epochs, "Passes over the training images")
      ->transform(whole_number(1))
      ->capture_default_str()
      ->type_name("N");
  command
      .add_option("--validation", options.validation,
                  "Fraction of training images to hold out, [0, 1)")
      ->check(fraction)
      ->capture_default_str()
      ->type_name("SHARE");
  command.add_flag("--stream", options.stream,
                   "Leave images that are not gzipped on the disk, for more than memory holds, and "
                   "shuffle them in blocks");
  add_optimizer(command, options);
  add_schedule(command, options);
  add_augmentation(command, options);
  add_loss(command, options);
}

}  // namespace reel::mnist
