// Repeats a run with other seeds.
#include "seeds.h"

#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <reel/autodiff/ops/arithmetic.h>
#include <reel/nn/ensemble.h>
#include <reel/train/stop_signals.h>

#include "../common/output.h"
#include "../common/statistics.h"
#include "../common/text.h"
#include "banner.h"
#include "repetition.h"
#include "results.h"

namespace reel::mnist {

using namespace apps;

namespace {

std::string plain(double x) { return significant(x, 4); }

// A number of each result.
struct Row {
  const char* key;   // of JSON; null: not there
  const char* name;  // for people
  double (*number)(const Repetition&);
  std::string (*format)(double) = percent;

  Estimate mean(const std::vector<Repetition>& results) const {
    std::vector<double> all;
    for (const Repetition& result : results) all.push_back(number(result));
    return estimate(all);
  }
};

constexpr Row accuracy{"test_accuracy", "test accuracy",
                       [](const Repetition& r) { return r.test_accuracy; }};

std::vector<Row> rows(bool validation) {
  std::vector<Row> all{
      accuracy,
      {nullptr, "test error", [](const Repetition& r) { return 1 - r.test_accuracy; }},
      {"test_loss", "test loss", [](const Repetition& r) { return r.test_loss; }, plain},
      {"seconds", "seconds", [](const Repetition& r) { return r.seconds; }, plain}};
  if (validation)
    all.insert(all.begin(), {"validation_accuracy", "validation", [](const Repetition& r) {
                               return r.validation_accuracy.value_or(0);
                             }});
  return all;
}

// A model whose output is the mean of those of several networks, without the zeros of nn::ensemble.
class Mean : public nn::Module {
 public:
  explicit Mean(std::vector<nn::Sequential>& networks) : networks_(networks) {}
  Var forward(const Var& x) const override {
    const Real part = 1 / static_cast<Real>(networks_.size());
    Var sum = networks_.front()(x) * part;
    for (std::size_t i = 1; i < networks_.size(); ++i) sum = sum + networks_[i](x) * part;
    return sum;
  }
  void visit(nn::Visitor& v) override {
    for (std::size_t i = 0; i < networks_.size(); ++i) v(std::to_string(i), networks_[i]);
  }

 private:
  std::vector<nn::Sequential>& networks_;
};

// `together`: the evaluation of all networks as one, if there are several.
void print_json(const std::vector<Repetition>& results,
                const std::optional<train::Evaluation>& together, const std::string& saved,
                bool validation, bool complete) {
  const std::size_t diverged = count_diverged(results);
  nlohmann::ordered_json json{{"final", true},
                              {"status", !complete      ? "stopped"
                                         : diverged > 0 ? "diverged"
                                                        : "finished"},
                              {"seeds", results.size()},
                              {"diverged", diverged}};
  if (diverged == 0)
    for (const Row& row : rows(validation))
      if (row.key) json[row.key] = to_json(row.mean(results));
  if (together)
    json.update({{"together_accuracy", together->accuracy()}, {"together_loss", together->loss}});
  if (!saved.empty()) json["saved"] = saved;
  std::cout << json_line(json);
}

void print_text(const std::vector<Repetition>& results,
                const std::optional<train::Evaluation>& together, bool validation,
                std::size_t width) {
  std::cout << '\n'
            << paragraph(concat("Mean of ", results.size(), " seeds, with its 95 % interval:"),
                         width);
  for (const Row& row : rows(validation)) {
    const Estimate e = row.mean(results);
    std::cout << padded(row.name, 14) << padded(row.format(e.mean), 9, true) << " ± ";
    if (is_narrow(width))
      std::cout << row.format(e.margin) << '\n';
    else
      std::cout << padded(row.format(e.margin), 8) << " (deviation " << row.format(e.deviation)
                << ")\n";
  }
  if (together)
    std::cout << '\n'
              << paragraph(concat("Together: test accuracy ", percent(together->accuracy()),
                                  ", test error ", percent(1 - together->accuracy()),
                                  ", test loss ", significant(together->loss, 4), '.'),
                           width);
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

std::string row_of(const Repetition& result, std::size_t width) {
  if (result.diverged)
    return concat(padded(std::to_string(result.seed), 5, true), "  diverged in epoch ",
                  result.epochs + 1, '\n');
  return row(std::to_string(result.seed), std::to_string(result.epochs),
             result.validation_accuracy ? percent(*result.validation_accuracy) : "",
             percent(result.test_accuracy), significant(result.seconds, 3), result.weights, width);
}

struct Runs {
  std::vector<Repetition> results;
  std::vector<nn::Sequential> networks;  // while none has diverged
  Architecture architecture;             // of one network
  double lr = 0;
};

// Trains with each seed until a signal or a failure, and prints a row for each.
Runs run(const TrainOptions& options, const data::Images& images, Outcome& outcome,
         std::size_t width) {
  Runs runs;
  for (std::size_t i = 0; i < options.seeds; ++i) {
    TrainOptions one = options;
    one.seed += i;
    Training training(one, images);
    if (i == 0) {
      runs.architecture = training.network.architecture;
      runs.lr = training.lr;
      if (!options.save.empty())
        static_cast<void>(runs.architecture.ensemble(options.seeds));  // checks its size
      (options.json ? std::cerr : std::cout) << banner(training, width);
    }
    if (i == 0 && !options.json)
      std::cout << '\n'
                << row("seed", "epochs", options.validation > 0 ? "validation" : "", "test",
                       "seconds", "weights", width)
                << std::flush;
    std::optional<Repetition> result;
    outcome.attempt([&] { result = repeat(training); });
    if (!result) break;
    runs.results.push_back(*result);
    if (count_diverged(runs.results) == 0)
      runs.networks.push_back(std::move(training.network.model));
    else
      runs.networks.clear();
    std::cout << (options.json ? json_line(to_json(*result)) : row_of(*result, width))
              << std::flush;
  }
  return runs;
}

}  // namespace

int train_seeds(const TrainOptions& options, const data::Images& images) {
  static const StopSignals signals;
  const bool validation = options.validation > 0;
  const std::size_t width = output_width();
  Outcome outcome;
  Runs runs = run(options, images, outcome, width);
  const std::vector<Repetition>& results = runs.results;
  const bool complete = results.size() == options.seeds;
  const std::size_t diverged = count_diverged(results);
  std::string saved;
  std::optional<train::Evaluation> together;
  if (!options.save.empty() && !runs.networks.empty())
    outcome.attempt([&] {
      saved =
          write_weights(nn::ensemble(runs.networks),
                        runs.architecture.ensemble(runs.networks.size()), options.save, outcome);
    });
  if (runs.networks.size() > 1)
    outcome.attempt([&] {
      Mean mean(runs.networks);
      together = train::evaluate(mean, images.test);
    });
  if (!complete && !outcome.failure && !options.json)
    std::cout << "\nStopped at seed " << options.seed + results.size() << ".\n";
  if (!results.empty() && options.json) print_json(results, together, saved, validation, complete);
  if (!runs.networks.empty() && !options.json) print_text(results, together, validation, width);
  if (!runs.networks.empty())
    print_hint(accuracy.mean(results).mean, images.test.classes(), runs.lr, options.json);
  if (!saved.empty() && !options.json)
    std::cout << "\nSaved to " << printable(saved) << " as "
              << runs.architecture.ensemble(runs.networks.size()).text() << ".\n";
  // The seeds that are left would be chosen by their results, so they have no mean.
  if (diverged > 0 && complete)
    outcome.fail(Error(Error::Kind::diverged,
                       concat("[train] the loss was no longer finite with ", diverged, " of ",
                              results.size(), " seeds, so there is no mean",
                              options.save.empty() ? ""
                                                   : concat(", and ", absolute_name(options.save),
                                                            " was not written"),
                              ". Hint: a lower --lr than ", runs.lr, '.')));
  if (outcome.failure) throw *outcome.failure;
  return complete ? 0 : 128 + StopSignals::received();
}

}  // namespace reel::mnist
