// `reel-mnist compare`: which of several settings trains a network best.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <sstream>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/parallel.h>
#include <reel/train/stop_signals.h>

#include "../common/cost_chart.h"
#include "../common/output.h"
#include "../common/table.h"
#include "../common/text.h"
#include "banner.h"
#include "options.h"
#include "repetition.h"

namespace reel::mnist {

using namespace apps;

namespace {

constexpr double significant_p = 0.05;

// One of the settings, and its results by seed.
struct Contestant {
  std::string value;
  TrainOptions options;
  std::vector<Repetition> results = {};

  std::vector<double> numbers(double (*number)(const Repetition&)) const {
    std::vector<double> all;
    for (const Repetition& result : results) all.push_back(number(result));
    return all;
  }
};

double cost_of(const Repetition& r) { return r.costs.back(); }
double accuracy_of(const Repetition& r) { return r.test_accuracy; }
double seconds_of(const Repetition& r) { return r.seconds; }

// The options with one of them set as the command line would set it.
TrainOptions with(TrainOptions options, const std::string& name, const std::string& value) {
  CLI::App reader;
  add_network(reader, options);
  add_training(reader, options);
  std::vector<std::string> names;
  for (const CLI::Option* option : settings_of(reader)) names.push_back(key_of(*option));
  for (const char* const fixed : {"data", "json", "load", "seed"}) std::erase(names, fixed);
  if (std::find(names.begin(), names.end(), name) == names.end())
    fail_usage("vary", "no option ", in_quotes(name), " can vary. Hint: ", nearest(name, names),
               '.');
  try {
    reader.parse(std::vector<std::string>{concat("--", name, '=', value)});
  } catch (const CLI::ParseError& error) {
    fail_usage("vary", error.what());
  }
  return options;
}

struct Variation {
  std::string name;
  std::vector<Contestant> contestants;
};

Variation variation_of(const CompareOptions& options) {
  const std::size_t equals = options.vary.find('=');
  if (equals == std::string::npos)
    fail_usage("vary", in_quotes(options.vary), ": expected NAME=VALUE,VALUE. Hint: lr=0.01,0.1.");
  Variation variation{options.vary.substr(0, equals), {}};
  std::istringstream values(options.vary.substr(equals + 1));
  for (std::string value; std::getline(values, value, ',');) {
    for (const Contestant& other : variation.contestants)
      if (other.value == value) fail_usage("vary", in_quotes(value), " is there twice.");
    variation.contestants.push_back({value, with(options, variation.name, value)});
  }
  if (variation.contestants.size() < 2)
    fail_usage("vary", in_quotes(options.vary), ": a comparison needs two values or more.");
  return variation;
}

// The tests of all pairs, in the order (0, 1), (0, 2), …, with corrected p.
struct Pair {
  std::size_t first, second;
  PairedTest accuracy, cost;
};

std::vector<Pair> pairs_of(const std::vector<Contestant>& all) {
  std::vector<Pair> pairs;
  std::vector<double> of_accuracy, of_cost;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t k = i + 1; k < all.size(); ++k) {
      const auto test = [&](double (*number)(const Repetition&)) {
        return paired_test(all[i].numbers(number), all[k].numbers(number));
      };
      pairs.push_back({i, k, test(accuracy_of), test(cost_of)});
      of_accuracy.push_back(pairs.back().accuracy.p);
      of_cost.push_back(pairs.back().cost.p);
    }
  of_accuracy = holm(of_accuracy);
  of_cost = holm(of_cost);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    pairs[i].accuracy.p = of_accuracy[i];
    pairs[i].cost.p = of_cost[i];
  }
  return pairs;
}

plot::Picture picture(const Variation& variation, const std::string& title) {
  std::vector<CostRuns> settings;
  for (const Contestant& one : variation.contestants) {
    settings.push_back({one.value, {}});
    for (const Repetition& result : one.results) settings.back().runs.push_back(result.costs);
  }
  return {title, {cost_chart(settings)}, 1};
}

nlohmann::ordered_json test_json(const PairedTest& test) {
  return {{"difference", test.difference.mean},
          {"low", test.difference.mean - test.difference.margin},
          {"high", test.difference.mean + test.difference.margin},
          {"p", test.p},
          {"significant", test.p < significant_p}};
}

void print_json(const Variation& variation, const std::vector<Pair>& pairs, bool complete) {
  for (const Contestant& one : variation.contestants)
    std::cout << json_line({{"setting", one.value},
                            {"seeds", one.results.size()},
                            {"train_loss", to_json(estimate(one.numbers(cost_of)))},
                            {"test_accuracy", to_json(estimate(one.numbers(accuracy_of)))},
                            {"seconds", to_json(estimate(one.numbers(seconds_of)))}});
  for (const Pair& pair : pairs)
    std::cout << json_line({{"first", variation.contestants[pair.first].value},
                            {"second", variation.contestants[pair.second].value},
                            {"test_accuracy", test_json(pair.accuracy)},
                            {"train_loss", test_json(pair.cost)}});
  std::cout << json_line(
      {{"final", true}, {"status", complete ? "finished" : "stopped"}, {"vary", variation.name}});
}

std::string sign(double value) { return value < 0 ? "−" : "+"; }

void print_text(const Variation& variation, const std::vector<Pair>& pairs, std::size_t width) {
  const auto& all = variation.contestants;
  Table table({{variation.name},
               {"final cost", true},
               {"test accuracy, 95 % interval", true},
               {"seconds", true}});
  for (const Contestant& one : all) {
    const Estimate accuracy = estimate(one.numbers(accuracy_of));
    table.add({one.value, significant(estimate(one.numbers(cost_of)).mean, 4),
               concat(percent(accuracy.mean), " ± ", percent(accuracy.margin)),
               significant(estimate(one.numbers(seconds_of)).mean, 3)});
  }
  std::cout << '\n' << table.text(width) << '\n';
  Table differences(
      {{"difference"}, {"test accuracy", true}, {"p", true}, {"final cost", true}, {"p", true}});
  const auto p = [](double value) {
    return concat(significant(value, 2), value < significant_p ? " *" : "  ");
  };
  for (const Pair& pair : pairs) {
    const double accuracy = pair.accuracy.difference.mean, cost = pair.cost.difference.mean;
    differences.add({concat(all[pair.first].value, " − ", all[pair.second].value),
                     sign(accuracy) + percent(std::abs(accuracy)), p(pair.accuracy.p),
                     sign(cost) + significant(std::abs(cost), 3), p(pair.cost.p)});
  }
  std::cout << differences.text(width) << '\n'
            << paragraph(concat("p by a paired t-test over ", all[0].results.size(),
                                " seeds, with Holm's correction for ", pairs.size(),
                                " pairs; * below ", significant_p,
                                ": the difference is hardly chance. The cost is the mean training "
                                "loss during the last epoch."),
                         width);
}

// Trains by each setting with one seed; false if a signal has stopped it.
bool run_round(Variation& variation, const CompareOptions& options, const data::Images& images,
               std::uint64_t seed, std::size_t width) {
  for (Contestant& one : variation.contestants) {
    one.options.seed = seed;
    Training training(one.options, images);
    if (seed == options.seed && &one == &variation.contestants.front())
      (options.json ? std::cerr : std::cout) << banner(training, width) << '\n' << std::flush;
    const std::optional<Repetition> result = repeat(training);
    if (!result) return false;
    one.results.push_back(*result);
    if (options.json) {
      nlohmann::ordered_json json{{"setting", one.value}, {"costs", result->costs}};
      json.update(to_json(*result));
      std::cout << json_line(json);
    } else {
      std::cout << concat("seed ", seed, ", ", variation.name, ' ', one.value, ": cost ",
                          significant(cost_of(*result), 4), ", test ",
                          percent(result->test_accuracy), ", ", significant(result->seconds, 3),
                          " s\n");
    }
    std::cout.flush();
  }
  return true;
}

}  // namespace

int compare(const CompareOptions& options) {
  Variation variation = variation_of(options);
  if (!options.plot.empty()) check_can_write(options.plot, "plot");
  if (options.threads) set_threads(*options.threads);
  const data::Images images = data::load_images(options.data, {.stream = options.stream});
  static const StopSignals signals;
  const std::size_t width = output_width();
  std::size_t rounds = 0;
  while (rounds < options.seeds &&
         run_round(variation, options, images, options.seed + rounds, width))
    ++rounds;
  const bool complete = rounds == options.seeds;
  for (Contestant& one : variation.contestants)
    one.results.resize(rounds);  // without a part of one
  if (!complete && !options.json)
    std::cout << "\nStopped at seed " << options.seed + rounds << ".\n";
  if (rounds > 0) {
    const std::vector<Pair> pairs = pairs_of(variation.contestants);
    options.json ? print_json(variation, pairs, complete) : print_text(variation, pairs, width);
    if (!options.plot.empty()) {
      write_file(options.plot, "plot",
                 plot::svg(picture(variation, concat("Training by ", variation.name, " on ",
                                                     images.test.name()))));
      if (!options.json) std::cout << "\nDrawn in " << printable(options.plot) << ".\n";
    }
  }
  return complete ? 0 : 128 + StopSignals::received();
}

}  // namespace reel::mnist
