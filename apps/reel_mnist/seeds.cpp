// Repeats a run with other seeds.
#include "seeds.h"

#include <functional>
#include <iostream>
#include <optional>
#include <vector>

#include <reel/nn/state_dict.h>
#include <reel/train/stop_signals.h>

#include "../common/output.h"
#include "../common/statistics.h"
#include "../common/text.h"
#include "banner.h"
#include "training.h"

namespace reel::mnist {

using namespace apps;

namespace {

// The result of one seed.
struct Result {
  std::uint64_t seed = 0;
  double test_accuracy = 0, test_loss = 0;
  std::optional<double> validation_accuracy;
  double seconds = 0;
  std::size_t epochs = 0;
  std::string weights;
};

// Empty if a signal has stopped the run.
std::optional<Result> run(Training& training) {
  const TrainOptions& options = training.options;
  train::ProgressLine progress(options.epochs);
  Result result;
  result.seed = options.seed;
  const auto fitted = training.fit({.on_batch = std::ref(progress),
                                    .on_epoch =
                                        [&](const train::EpochReport& report) {
                                          result.seconds += report.seconds;
                                          result.epochs = report.epoch;
                                        },
                                    .stop = [] { return StopSignals::received() != 0; },
                                    .test_each_epoch = false});
  progress.clear();
  if (fitted.status == train::FitStatus::stopped) return std::nullopt;
  if (fitted.status == train::FitStatus::diverged)
    fail(Error::Kind::diverged, "train", "the loss of seed ", options.seed,
         " is no longer finite in epoch ", result.epochs + 1, ". Hint: a lower --lr than ",
         training.lr, '.');
  const train::Evaluation test = train::evaluate(training.network.model, training.test);
  result.test_accuracy = test.accuracy();
  result.test_loss = test.loss;
  if (training.parts.held_out.size() > 0)
    result.validation_accuracy =
        train::evaluate(training.network.model, training.parts.held_out).accuracy();
  result.weights = nn::fingerprint_text(training.network.model);
  return result;
}

nlohmann::ordered_json to_json(const Result& result) {
  nlohmann::ordered_json json{{"seed", result.seed}, {"epochs", result.epochs}};
  if (result.validation_accuracy) json["validation_accuracy"] = *result.validation_accuracy;
  json.update({{"test_loss", result.test_loss},
               {"test_accuracy", result.test_accuracy},
               {"seconds", result.seconds},
               {"weights", result.weights}});
  return json;
}

// One of the numbers of each result.
std::vector<double> numbers(const std::vector<Result>& results, double (*number)(const Result&)) {
  std::vector<double> all;
  for (const Result& result : results) all.push_back(number(result));
  return all;
}

struct Row {
  const char* name;
  double (*number)(const Result&);
};

std::vector<Row> rows(bool validation) {
  std::vector<Row> all;
  if (validation)
    all.push_back(
        {"validation_accuracy", [](const Result& r) { return r.validation_accuracy.value_or(0); }});
  all.push_back({"test_accuracy", [](const Result& r) { return r.test_accuracy; }});
  all.push_back({"test_loss", [](const Result& r) { return r.test_loss; }});
  all.push_back({"seconds", [](const Result& r) { return r.seconds; }});
  return all;
}

void print_json(const std::vector<Result>& results, bool validation, bool complete) {
  nlohmann::ordered_json json{
      {"final", true}, {"status", complete ? "finished" : "stopped"}, {"seeds", results.size()}};
  for (const Row& row : rows(validation)) {
    const Estimate e = estimate(numbers(results, row.number));
    json[row.name] = {{"mean", e.mean},
                      {"deviation", e.deviation},
                      {"low", e.mean - e.margin},
                      {"high", e.mean + e.margin}};
  }
  std::cout << json_line(json);
}

void print_text(const std::vector<Result>& results, bool validation, std::size_t width) {
  const auto line = [&](const char* name, double (*number)(const Result&), auto format) {
    const Estimate e = estimate(numbers(results, number));
    std::cout << padded(name, 14) << padded(format(e.mean), 9, true) << " ± ";
    if (width >= 60)
      std::cout << padded(format(e.margin), 8) << " (deviation " << format(e.deviation) << ")\n";
    else
      std::cout << format(e.margin) << '\n';
  };
  const auto share = [](double x) { return percent(x); };
  const auto plain = [](double x) { return significant(x, 4); };
  std::cout << '\n'
            << paragraph(concat("Mean of ", results.size(), " seeds, with its 95 % interval:"),
                         width);
  if (validation)
    line(
        "validation", [](const Result& r) { return r.validation_accuracy.value_or(0); }, share);
  line(
      "test accuracy", [](const Result& r) { return r.test_accuracy; }, share);
  line(
      "test error", [](const Result& r) { return 1 - r.test_accuracy; }, share);
  line(
      "test loss", [](const Result& r) { return r.test_loss; }, plain);
  line(
      "seconds", [](const Result& r) { return r.seconds; }, plain);
}

// A row of the table; the last two columns only if the terminal is wide enough.
std::string row(const std::string& seed, const std::string& epochs, const std::string& validation,
                const std::string& test, const std::string& seconds, const std::string& weights,
                std::size_t width) {
  std::string line = padded(seed, 5, true) + padded(epochs, 8, true) +
                     (validation.empty() ? "" : padded(validation, 12, true)) +
                     padded(test, 12, true);
  if (width >= 70) line += padded(seconds, 10, true) + "  " + weights;
  return line + '\n';
}

}  // namespace

int train_seeds(const TrainOptions& options, const data::Images& images) {
  const bool validation = options.validation > 0;
  static const StopSignals signals;
  std::vector<Result> results;
  const std::size_t width = output_width();
  for (std::size_t i = 0; i < options.seeds; ++i) {
    TrainOptions one = options;
    one.seed += i;
    Training training(one, images);
    if (i == 0) (options.json ? std::cerr : std::cout) << banner(training, width);
    if (i == 0 && !options.json)
      std::cout << '\n'
                << row("seed", "epochs", validation ? "validation" : "", "test", "seconds",
                       "weights", width)
                << std::flush;
    const std::optional<Result> result = run(training);
    if (!result) break;
    results.push_back(*result);
    if (options.json)
      std::cout << json_line(to_json(*result));
    else
      std::cout << row(std::to_string(result->seed), std::to_string(result->epochs),
                       validation ? percent(*result->validation_accuracy) : "",
                       percent(result->test_accuracy), significant(result->seconds, 3),
                       result->weights, width);
    std::cout.flush();
  }
  const bool complete = results.size() == options.seeds;
  if (!complete && !options.json)
    std::cout << "\nStopped at seed " << options.seed + results.size() << ".\n";
  if (!results.empty() && options.json) print_json(results, validation, complete);
  if (!results.empty() && !options.json) print_text(results, validation, width);
  return complete ? 0 : 128 + StopSignals::received();
}

}  // namespace reel::mnist
