// `reel-mnist gradcheck`: checks the gradients of a network, or counts their digits in float.
#include <algorithm>
#include <cmath>
#include <iostream>

#include <reel/autodiff/core/random_scope.h>
#include <reel/autodiff/core/subnormals.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/data/batches.h>
#include <reel/data/images.h>
#include <reel/nn/check.h>
#include <reel/nn/losses.h>
#include <reel/optim/optimizers.h>

#include "../common/output.h"
#include "../common/text.h"
#include "commands.h"
#include "gradcheck_double.h"
#include "model.h"

namespace reel::mnist {

using namespace apps;

namespace {

std::vector<double> numbers(const Tensor& tensor) { return {tensor.begin(), tensor.end()}; }

std::vector<std::vector<double>> values_of(const nn::Module& model) {
  std::vector<std::vector<double>> values;
  for (const Parameter& parameter : model.parameters())
    values.push_back(numbers(parameter.value()));
  return values;
}

// The part of the output that does not depend on what is checked.
struct Subject {
  const GradcheckOptions& options;
  LoadedModel& network;
  const data::Images& images;
  const data::Batch& batch;

  nlohmann::ordered_json json(bool ok) const {
    nlohmann::ordered_json json{{"ok", ok}};
    json.update(network.architecture.json());
    json.update({{"parameters", network.model.parameter_count()},
                 {"images", batch.size()},
                 {"seed", options.seed}});
    return json;
  }
  std::string text() const {
    return concat(network.architecture.text(), ", ", grouped(network.model.parameter_count()),
                  " parameters, ", images.train.name(), ", ", counted(batch.size(), "image"),
                  ", seed ", options.seed);
  }
};

int exit_code(bool ok) { return ok ? 0 : static_cast<int>(Error::Kind::failure); }

int check(const Subject& subject, GradcheckJob& job) {
  job.parameters = values_of(subject.network.model);
  const GradcheckResult result = check_in_double(job);
  if (subject.options.json) {
    nlohmann::ordered_json json = subject.json(result.ok);
    json.update({{"order", job.order},
                 {"full", job.full},
                 {"entries", result.entries},
                 {"worst", result.worst},
                 {"report", result.report}});
    std::cout << json_line(json);
  } else
    std::cout << subject.text() << ", in double\n"
              << (result.ok ? "The gradients are " : "A gradient is wrong: ") << result.report
              << '\n';
  return exit_code(result.ok);
}

// Takes the step as train::fit does.
FloatStep first_step(const Subject& subject) {
  const FlushSubnormals flush;
  nn::Sequential& model = subject.network.model;
  const auto loss = [&](const nn::Sequential& m) {
    const RandomScope scope(RandomScope::State{.key = Rng(subject.options.seed).state()});
    return nn::cross_entropy(m(subject.batch.inputs), subject.batch.labels);
  };
  const std::string& name = subject.options.optimizer;
  FloatStep step{.gradients = nn::record_gradients(model, loss),
                 .optimizer = name,
                 .lr = optim::find_optimizer(name).lr};
  if (!std::isfinite(step.gradients.value()))
    fail(Error::Kind::diverged, "gradcheck", "the loss is not finite.");
  const auto optimizer = optim::make_optimizer(name, model.parameters(), {{"lr", step.lr}});
  Tape tape;
  tape.backward(loss(model));
  optimizer->step();
  step.parameters = values_of(model);
  return step;
}

// Whether an operation is as accurate in float as can be expected: a sum of 10⁵ numbers may lose
// three of seven digits by itself.
bool accurate(const GradientDigits::Loss& loss) {
  return loss.ill_conditioned() || loss.after >= 4;
}

std::string digits_table(const FloatStep& step, const DigitsResult& result) {
  const auto& gradients = result.gradients.gradients;
  const std::string after = concat("after ", step.optimizer, ' ', step.lr);
  std::size_t longest = width_of("parameter");
  for (const auto& gradient : gradients) longest = std::max(longest, width_of(gradient.name));
  const auto row = [&](const std::string& name, const std::vector<std::string>& cells) {
    std::string text = padded(name, longest);
    for (const std::string& cell : cells) text += padded(cell, 10, true);
    return text;
  };
  std::string text =
      concat(row("parameter", {"numbers", "gradient", "median", "worst"}), "  ", after, '\n');
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const Digits& digits = gradients[i].digits;
    text +=
        concat(row(gradients[i].name, {grouped(step.parameters[i].size()), digits_text(digits.all),
                                       digits_text(digits.median), digits_text(digits.worst)}),
               padded(digits_text(result.parameters[i].all), 2 + after.size(), true), '\n');
  }
  return text;
}

std::string losses_text(const GradientDigits& digits) {
  if (digits.losses.empty()) return "No operation loses a digit.\n";
  std::string text = "Digits are lost at:\n";
  for (const auto& loss : digits.losses)
    text += concat("  ", loss.describe(), accurate(loss) ? "" : ": inaccurate in float", '\n');
  return text;
}

int count_digits(const Subject& subject, const GradcheckJob& job) {
  const FloatStep step = first_step(subject);
  const DigitsResult result = digits_in_double(job, step);
  const auto& losses = result.gradients.losses;
  const bool ok = std::all_of(losses.begin(), losses.end(), accurate);
  if (subject.options.json) {
    nlohmann::ordered_json json = subject.json(ok);
    json.update({{"optimizer", step.optimizer},
                 {"lr", step.lr},
                 {"loss_digits", result.gradients.value},
                 {"gradients", nlohmann::ordered_json::array()},
                 {"losses", nlohmann::ordered_json::array()}});
    for (std::size_t i = 0; i < result.parameters.size(); ++i) {
      const auto& [name, digits] = result.gradients.gradients[i];
      json["gradients"].push_back({{"name", name},
                                   {"numbers", step.parameters[i].size()},
                                   {"digits", digits.all},
                                   {"median", digits.median},
                                   {"worst", digits.worst},
                                   {"digits_after_step", result.parameters[i].all}});
    }
    for (const auto& loss : losses)
      json["losses"].push_back({{"place", loss.place},
                                {"gradient_of", loss.gradient_of},
                                {"before", loss.before},
                                {"after", loss.after},
                                {"ill_conditioned", loss.ill_conditioned()}});
    std::cout << json_line(json);
    return exit_code(ok);
  }
  std::cout << subject.text()
            << "\nRight decimal digits in float, beside double: of each gradient, of its median\n"
               "and worst element, and of the parameter after a step\n\n"
            << digits_table(step, result) << "\nThe loss has "
            << digits_text(result.gradients.value) << ". " << losses_text(result.gradients);
  return exit_code(ok);
}

}  // namespace

int gradcheck(const GradcheckOptions& options) {
  const Rng rng(options.seed);
  Rng weights_rng = rng.split(0);
  LoadedModel network = make_model(options, weights_rng);
  const data::Images images = data::load_images(options.data);
  check_fits(network.architecture, images.train, options.load);
  const std::size_t count =
      std::min(options.images.value_or(options.digits ? 64 : 16), images.train.size());
  const data::Batches batches = data::batches(images.train, {.batch_size = count});
  const data::Batches::Iterator first = batches.begin();

  GradcheckJob job{.layers = network.architecture.layers,
                   .activation = network.architecture.activation,
                   .batch_norm = network.architecture.options.batch_norm,
                   .dropout = network.architecture.options.dropout,
                   .images = numbers(*first->inputs),
                   .labels = {first->labels.begin(), first->labels.end()},
                   .seed = options.seed,
                   .order = options.order,
                   .full = options.full};
  const Subject subject{options, network, images, *first};
  return options.digits ? count_digits(subject, job) : check(subject, job);
}

}  // namespace reel::mnist
