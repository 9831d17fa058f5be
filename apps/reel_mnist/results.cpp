// Writes and prints the results of a run.
#include "results.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <string_view>
#include <system_error>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/tensor/gemm.h>
#include <reel/nn/state_dict.h>
#include <reel/train/stop_signals.h>

#include "../common/output.h"
#include "../common/text.h"
#include "report.h"
#include "rescue.h"
#include "run_report.h"

namespace reel::mnist {

using namespace apps;

namespace {

nlohmann::ordered_json final_json(const Training& training, const Outcome& outcome,
                                  const train::Evaluation& test) {
  const TrainOptions& options = training.options;
  nlohmann::ordered_json json{
      {"final", true},
      {"status", outcome.status == train::FitStatus::finished        ? "finished"
                 : outcome.status == train::FitStatus::stopped_early ? "stopped early"
                                                                     : "stopped"},
      {"epochs", outcome.epochs},
      {"seconds", outcome.seconds},
      {"samples_per_second", outcome.seconds > 0 ? outcome.samples / outcome.seconds : 0},
      {"data", training.test.name()}};
  json.update(training.network.architecture.json());
  json.update({{"parameters", training.network.model.parameter_count()},
               {"optimizer", options.optimizer},
               {"lr", training.lr},
               {"batch", options.batch_size},
               {"seed", options.seed},
               {"threads", threads()},
               {"blas", blas_name()},
               {"weights", nn::fingerprint_text(training.network.model)}});
  if (training.early_stopping && training.early_stopping->has_best())
    json["best_epoch"] = training.early_stopping->best_epoch();
  if (!training.epochs().empty()) {
    const report::EpochScores& last = training.epochs().back();
    json["train_loss"] = last.train_loss;
    if (last.validation) json["validation_accuracy"] = last.validation->accuracy;
  }
  json.update(to_json(test, training.test, "test"));
  return json;
}

bool finite(const nn::Module& model) {
  const auto states = nn::state_of(model);
  return std::all_of(states.begin(), states.end(), [](const nn::NamedState& state) {
    return std::all_of(state.value().begin(), state.value().end(),
                       [](Real x) { return std::isfinite(x); });
  });
}

// Whether a path leads to a pipe or a device. A write there replaces nothing, and may block
// forever.
bool is_direct(const std::string& path) {
  std::error_code none;
  return std::filesystem::exists(path, none) && !std::filesystem::is_regular_file(path, none);
}

// How the run ended, unless simply all epochs are done.
std::string ending(const Training& training, const Outcome& outcome) {
  const TrainOptions& options = training.options;
  std::string text;
  if (!outcome.complete()) {
    text += concat("Stopped in epoch ", training.position().epoch, ". ");
    if (!options.checkpoint.empty())
      text +=
          concat("Continue with `reel-mnist train --resume ", in_quotes(options.checkpoint), "`. ");
  }
  const bool best = training.early_stopping && training.early_stopping->has_best();
  if (outcome.status == train::FitStatus::stopped_early)
    text += concat("Stopped early: no better ", options.monitor, " of validation in ",
                   counted(*options.patience, "epoch"), ". ");
  const std::string_view kind = training.average ? "averaged " : "";
  if (best)
    text += concat("The ", kind, "weights are the best ones, of epoch ",
                   training.early_stopping->best_epoch(), ". ");
  else if (training.average)
    text += "The weights are the averaged ones. ";
  return text;
}

// Writes a file and sets `to` to its path; a failure becomes the outcome's.
template <class Write>
void attempt(const std::string& path, std::string& to, Outcome& outcome, Write&& write_to) {
  outcome.attempt([&] { write_to(), to = path; },
                  Error(Error::Kind::system, concat("[save] ", absolute_name(path),
                                                    ": not enough memory to write it.")));
}

// A second signal ends the program only after these writes.
template <class Write>
void unbroken(const std::string& path, Write&& write_to) {
  std::optional<StopSignals::Hold> hold;
  if (!is_direct(path)) hold.emplace();
  write_to();
}

}  // namespace

void print_hint(double accuracy, std::size_t classes, double lr, bool json) {
  if (!(accuracy <= 1.2 / static_cast<double>(classes))) return;
  (json ? std::cerr : std::cout) << (json ? "" : "\n")
                                 << paragraph(concat("Hint: this is hardly better than guessing. "
                                                     "Try a lower --lr than ",
                                                     lr, ", or --find-lr."),
                                              output_width());
}

std::string write_weights(const nn::Module& model, const Architecture& architecture,
                          const std::string& path, Outcome& outcome) {
  std::string written;
  if (!finite(model)) {
    outcome.fail(Error(Error::Kind::diverged, concat("[save] the weights are not finite, and ",
                                                     absolute_name(path), " was not written.")));
    return written;
  }
  attempt(path, written, outcome,
          [&] { unbroken(path, [&] { save(model, architecture, path); }); });
  if (!written.empty()) return written;
  const Rescue rescue = save_elsewhere(model, architecture, path);
  outcome.fail(Error(Error::Kind::system, rescue.message));
  return rescue.path;
}

Written write(const Training& training, Outcome& outcome, const RunReport* report) {
  const TrainOptions& options = training.options;
  const Architecture& architecture = training.network.architecture;
  Written written;
  if (!options.save.empty())
    written.weights = write_weights(training.network.model, architecture, options.save, outcome);
  if (!options.plot.empty())
    attempt(options.plot, written.picture, outcome, [&] {
      const std::string picture =
          plot::svg({concat(architecture.text(), " on ", training.test.name(), ", ",
                            options.optimizer, " at ", training.lr),
                     epoch_charts(training)});
      unbroken(options.plot, [&] { write_file(options.plot, "plot", picture); });
    });
  if (report != nullptr)
    attempt(options.report, written.page, outcome, [&] {
      const report::Report page = report->page(outcome);
      unbroken(options.report, [&] { report::write_page(options.report, page); });
    });
  return written;
}

void print(const Training& training, const Outcome& outcome, const train::Evaluation& test,
           const Written& written) {
  if (training.options.json) {
    nlohmann::ordered_json json = final_json(training, outcome, test);
    if (!written.weights.empty()) json["saved"] = written.weights;
    std::cout << json_line(json) << std::flush;
    print_hint(test.accuracy(), training.test.classes(), training.lr, true);
    return;
  }
  const std::size_t width = output_width();
  std::cout << '\n'
            << paragraph(
                   concat(ending(training, outcome), "Test accuracy ", percent(test.accuracy()),
                          ", calibration error ", percent(test.metrics.at("calibration_error")),
                          ", after ", duration(outcome.seconds), " of training."),
                   width)
            << confusion_table(test.confusion, training.test, width);
  print_hint(test.accuracy(), training.test.classes(), training.lr, false);
  if (!written.weights.empty()) std::cout << "\nSaved to " << printable(written.weights) << ".\n";
  if (!written.picture.empty()) std::cout << "\nDrawn in " << printable(written.picture) << ".\n";
  if (!written.page.empty()) std::cout << "\nReported in " << printable(written.page) << ".\n";
}

}  // namespace reel::mnist
