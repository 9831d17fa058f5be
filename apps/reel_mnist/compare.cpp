// `reel-mnist compare`: which of several settings trains a network best.
#include <algorithm>
#include <iostream>
#include <sstream>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/parallel.h>
#include <reel/train/stop_signals.h>

#include "../common/output.h"
#include "../common/text.h"
#include "banner.h"
#include "comparison.h"
#include "options.h"
#include "refusals.h"
#include "repetition.h"
#include "results.h"

namespace reel::mnist {

using namespace apps;

namespace {

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

Variation variation_of(const CompareOptions& options) {
  const std::size_t equals = options.vary.find('=');
  if (equals == std::string::npos)
    fail_usage("vary", in_quotes(options.vary), ": expected NAME=VALUE,VALUE. Hint: lr=0.01,0.1.");
  Variation variation{options.vary.substr(0, equals), {}};
  std::istringstream values(options.vary.substr(equals + 1));
  for (std::string value; std::getline(values, value, ',');) {
    if (value.empty() || options.vary.ends_with(','))
      fail_usage("vary", in_quotes(options.vary), ": a value is missing.");
    for (const Contestant& other : variation.contestants)
      if (are_same(other.value, value)) fail_usage("vary", in_quotes(value), " is there twice.");
    variation.contestants.push_back({value, with(options, variation.name, value)});
  }
  if (variation.contestants.size() < 2)
    fail_usage("vary", in_quotes(options.vary), ": a comparison needs two values or more.");
  return variation;
}

// Checks the options before anything is computed: each setting is a run that `train` takes.
void check(const Variation& variation, const CompareOptions& options) {
  const bool is_set =
      std::find(options.set.begin(), options.set.end(), variation.name) != options.set.end();
  expect_effect(false, is_set, variation.name, "with --vary " + variation.name);
  for (const Contestant& one : variation.contestants) {
    expect_effects(one.options);
    expect_effect(one.options.patience || one.options.schedule == "plateau",
                  one.options.monitor != "loss", "monitor",
                  "without --patience or --schedule plateau");
  }
  check_plot(options.plot);
}

// Without the time if the terminal is narrow.
std::string result_text(const Repetition& result, std::size_t width) {
  if (result.diverged) return concat("diverged in epoch ", result.epochs + 1);
  const std::string text = concat("cost ", significant(result.costs.back(), 4), ", test ",
                                  percent(result.test_accuracy));
  return is_narrow(width) ? text : concat(text, ", ", significant(result.seconds, 3), " s");
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
      std::cout << paragraph(concat("seed ", seed, ", ", variation.name, ' ', one.value, ": ",
                                    result_text(*result, width)),
                             width);
    }
    std::cout.flush();
  }
  return true;
}

}  // namespace

int compare(const CompareOptions& options) {
  Variation variation = variation_of(options);
  check(variation, options);
  if (options.threads) set_threads(*options.threads);
  const data::Images images = data::load_images(options.data, {.stream = options.stream});
  for (const Contestant& one : variation.contestants)
    static_cast<void>(Training(one.options, images));  // refuses what does not fit the images
  static const StopSignals signals;
  const std::size_t width = output_width();
  Outcome outcome;
  std::size_t rounds = 0;
  outcome.attempt([&] {
    while (rounds < options.seeds &&
           run_round(variation, options, images, options.seed + rounds, width))
      ++rounds;
  });
  const bool complete = rounds == options.seeds;
  for (Contestant& one : variation.contestants)
    one.results.resize(rounds);  // without a part of one
  if (!complete && !outcome.failure && !options.json)
    std::cout << "\nStopped at seed " << options.seed + rounds << ".\n";
  if (rounds > 0) {
    const std::vector<Pair> pairs = pairs_of(variation.contestants);
    options.json ? print_json(variation, pairs, complete) : print_text(variation, pairs, width);
    if (!options.plot.empty())
      outcome.attempt([&] {
        write_file(options.plot, "plot",
                   plot::svg(picture(variation, concat("Training by ", variation.name, " on ",
                                                       images.test.name()))));
        if (!options.json) std::cout << "\nDrawn in " << printable(options.plot) << ".\n";
      });
  }
  if (complete && all_diverged(variation))
    outcome.fail(Error(Error::Kind::diverged,
                       concat("[compare] the loss of every ", variation.name,
                              " was no longer finite with some seed. Hint: a lower --lr.")));
  if (outcome.failure) throw *outcome.failure;
  return complete ? 0 : 128 + StopSignals::received();
}

}  // namespace reel::mnist
