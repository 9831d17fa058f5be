// Trains with one seed, and evaluates once at the end.
#include "repetition.h"

#include <algorithm>
#include <functional>

#include <reel/nn/state_dict.h>
#include <reel/train/stop_signals.h>

namespace reel::mnist {

std::optional<Repetition> repeat(Training& training) {
  const TrainOptions& options = training.options;
  train::ProgressLine progress(options.epochs);
  Repetition result;
  result.seed = options.seed;
  const auto fitted = training.fit({.on_batch = std::ref(progress),
                                    .on_epoch =
                                        [&](const train::EpochReport& report) {
                                          result.seconds += report.seconds;
                                          result.epochs = report.epoch;
                                          result.costs.push_back(report.train_loss);
                                        },
                                    .stop = [] { return StopSignals::received() != 0; },
                                    .test_each_epoch = false});
  progress.clear();
  if (fitted.status == train::FitStatus::stopped) return std::nullopt;
  result.diverged = fitted.status == train::FitStatus::diverged;
  if (result.diverged) return result;
  const train::Evaluation test = train::evaluate(training.network.model, training.test);
  result.test_accuracy = test.accuracy();
  result.test_loss = test.loss;
  if (training.parts.held_out.size() > 0)
    result.validation_accuracy =
        train::evaluate(training.network.model, training.parts.held_out).accuracy();
  result.weights = nn::fingerprint_text(training.network.model);
  return result;
}

std::size_t count_diverged(const std::vector<Repetition>& results) {
  return static_cast<std::size_t>(std::count_if(results.begin(), results.end(),
                                                [](const Repetition& r) { return r.diverged; }));
}

nlohmann::ordered_json to_json(const Repetition& result) {
  nlohmann::ordered_json json{
      {"seed", result.seed}, {"epochs", result.epochs}, {"diverged", result.diverged}};
  if (result.diverged) return json;
  if (result.validation_accuracy) json["validation_accuracy"] = *result.validation_accuracy;
  json.update({{"test_loss", result.test_loss},
               {"test_accuracy", result.test_accuracy},
               {"seconds", result.seconds},
               {"weights", result.weights}});
  return json;
}

nlohmann::ordered_json to_json(const apps::Estimate& e) {
  return {{"mean", e.mean},
          {"deviation", e.deviation},
          {"low", e.mean - e.margin},
          {"high", e.mean + e.margin}};
}

}  // namespace reel::mnist
