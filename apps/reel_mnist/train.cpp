// `reel-mnist train`: the case study, and any other MLP.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <limits>
#include <new>
#include <string_view>
#include <system_error>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/inspect/anomaly.h>
#include <reel/autodiff/inspect/profile.h>
#include <reel/autodiff/tensor/gemm.h>
#include <reel/data/images.h>
#include <reel/nn/state_dict.h>
#include <reel/train/stop_signals.h>

#include "../common/output.h"
#include "../common/text.h"
#include "commands.h"
#include "curves.h"
#include "epochs.h"
#include "find_lr.h"
#include "report.h"
#include "rescue.h"
#include "run_folder.h"
#include "seeds.h"
#include "training.h"

namespace reel::mnist {

using namespace apps;

namespace {

// A profile that prints itself when the run ends, in whatever way.
class PrintedProfile : public Profile {
 public:
  explicit PrintedProfile(std::ostream& out) : out_(out) {}
  ~PrintedProfile() override { out_ << '\n' << table(); }

 private:
  std::ostream& out_;
};

std::string banner(const Training& training, std::size_t width) {
  const TrainOptions& options = training.options;
  return paragraph(concat(training.network.architecture.text(), ", ",
                          grouped(training.network.model.parameter_count()), " parameters, ",
                          options.optimizer, " lr ", training.lr, ", batch ", options.batch_size,
                          ", seed ", options.seed),
                   width) +
         paragraph(concat(training.test.name(), ": ", grouped(training.parts.rest.size()),
                          " images to train on, ", grouped(training.parts.held_out.size()),
                          " to validate, ", grouped(training.test.size()), " to test"),
                   width) +
         paragraph(concat(blas_name(), ", ", thread_count(threads())), width);
}

// The result of a run.
struct Outcome {
  train::FitStatus status = train::FitStatus::stopped;
  std::optional<Error> failure;  // of the training, or of writing its results
  std::size_t batches = 0;       // on which it has trained
  std::size_t epochs = 0;        // that are finished, since the start of the run
  double seconds = 0, samples = 0;
  std::optional<train::EpochReport> last;  // none if this session has finished no epoch
  std::vector<train::EpochReport> all;     // for the picture of --plot

  bool complete() const { return status != train::FitStatus::stopped; }
  // Keeps the kind of the first failure, and the messages of all.
  void fail(const Error& error) {
    if (!failure)
      failure = error;
    else if (std::string_view(failure->what()).find(error.what()) == std::string_view::npos)
      failure = Error(failure->kind(), concat(failure->what(), ' ', error.what()));
  }
};

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
  if (const auto& last = outcome.last) {
    json["train_loss"] = last->train_loss;
    if (last->validation) json["validation_accuracy"] = last->validation->accuracy();
  }
  json.update(to_json(test, training.test, "test"));
  return json;
}

// Checks the options before anything is read or computed.
void check(const TrainOptions& options) {
  if (options.seeds > 1)
    for (const auto& [option, value] : {std::pair("save", &options.save),
                                        {"plot", &options.plot},
                                        {"checkpoint", &options.checkpoint}})
      if (!value->empty())
        fail_usage("seeds", "--seeds ", options.seeds, " trains ", options.seeds,
                   " networks, and --", option, " is for one.");
  if (!options.save.empty()) check_can_write(options.save, "save");
  if (!options.plot.empty()) check_can_write(options.plot, "plot");
  if (options.plot.ends_with(".png") || options.plot.ends_with(".PNG"))
    fail_usage("plot", in_quotes(options.plot), ": the picture is an SVG file. Hint: ",
               in_quotes(options.plot.substr(0, options.plot.size() - 3) + "svg"), '.');
  if (!options.checkpoint.empty()) {
    make_folder(options.checkpoint, "checkpoint");
    check_can_write(log_path(options.checkpoint), "checkpoint");
    if (options.resume.empty() && train::CheckpointFolder(options.checkpoint).newest())
      fail_usage("checkpoint", absolute_name(options.checkpoint),
                 ": has a run already. Hint: continue it with --resume, or name another folder.");
  }
  if (!options.save.empty() && !options.plot.empty() && same_file(options.save, options.plot))
    fail_usage("train", "--save and --plot name the same file, ", absolute_name(options.save), '.');
}

// Trains until the end, a signal, or a data file that cannot be read any more.
Outcome fit(Training& training) {
  const TrainOptions& options = training.options;
  std::optional<AnomalyMode> anomaly;
  if (options.anomaly) anomaly.emplace();
  std::optional<PrintedProfile> profile;
  if (options.profile) profile.emplace(options.json ? std::cerr : std::cout);
  const EpochTable table(
      {.validation = training.parts.held_out.size() > 0, .averaged = training.average.has_value()},
      output_width());
  if (!options.json) std::cout << '\n' << table.header() << std::flush;
  train::ProgressLine progress(options.epochs);
  Outcome outcome;
  outcome.epochs = training.position().epoch - 1;
  const auto on_epoch = [&](const train::EpochReport& report) {
    progress.clear();
    const std::string weights = nn::fingerprint_text(training.network.model);
    std::cout << (options.json ? json_line(epoch_json(report, weights))
                               : table.row(report, weights))
              << std::flush;
    outcome.epochs = report.epoch;
    outcome.seconds += report.seconds;
    outcome.samples += static_cast<double>(report.samples);
    outcome.last = report;
    if (!options.plot.empty()) outcome.all.push_back(report);
  };
  try {
    outcome.status = training
                         .fit({.on_batch =
                                   [&](const train::Progress& p) {
                                     ++outcome.batches;
                                     progress(p);
                                   },
                               .on_evaluation = std::ref(progress),
                               .on_epoch = on_epoch,
                               .stop = [] { return StopSignals::received() != 0; }})
                         .status;
  } catch (const Error& error) {
    const bool of_data = error.kind() == Error::Kind::input || error.kind() == Error::Kind::system;
    if (!of_data || outcome.batches == 0) throw;
    outcome.fail(error);
  } catch (const std::bad_alloc&) {
    if (outcome.batches == 0) throw;
    outcome.fail(Error(Error::Kind::failure, "[train] out of memory."));
  }
  return outcome;
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

// The paths of the written files; empty if there are none.
struct Written {
  std::string weights, picture;
};

// Writes the files of --save and --plot; tries each, even if the other fails.
Written write(const Training& training, Outcome& outcome) {
  const TrainOptions& options = training.options;
  const nn::Module& model = training.network.model;
  const Architecture& architecture = training.network.architecture;
  Written written;
  const auto attempt = [&](const std::string& path, std::string& to, auto&& write_to) {
    std::optional<StopSignals::Hold> hold;
    if (!is_direct(path)) hold.emplace();
    try {
      write_to(), to = path;
    } catch (const Error& error) {
      outcome.fail(error);
    } catch (const std::bad_alloc&) {
      outcome.fail(Error(Error::Kind::system, concat("[save] ", absolute_name(path),
                                                     ": not enough memory to write it.")));
    }
  };
  if (!options.save.empty() && !finite(model)) {
    outcome.fail(
        Error(Error::Kind::diverged, concat("[save] the weights are not finite, and ",
                                            absolute_name(options.save), " was not written.")));
  } else if (!options.save.empty()) {
    attempt(options.save, written.weights, [&] { save(model, architecture, options.save); });
    if (written.weights.empty()) {
      const Rescue rescue = save_elsewhere(model, architecture, options.save);
      written.weights = rescue.path;
      outcome.fail(Error(Error::Kind::system, rescue.message));
    }
  }
  if (!options.plot.empty())
    attempt(options.plot, written.picture, [&] {
      write_file(options.plot, "plot",
                 plot::svg(training_curves(concat(architecture.text(), " on ", training.test.name(),
                                                  ", ", options.optimizer, " at ", training.lr),
                                           outcome.all)));
    });
  return written;
}

// What may be wrong with a network that has learnt nothing; empty if it has learnt something.
std::string hint(const Training& training, const train::Evaluation& test) {
  const double chance = 1 / static_cast<double>(training.test.classes());
  if (!(test.accuracy() <= 1.2 * chance)) return {};
  return concat("Hint: this is hardly better than guessing. Try a lower --lr than ", training.lr,
                ", or --find-lr.");
}

// How the run ended, unless simply all epochs are done.
std::string ending(const Training& training, const Outcome& outcome) {
  const TrainOptions& options = training.options;
  std::string text;
  if (!outcome.complete()) {
    text += concat("Stopped in epoch ", training.position().epoch, ". ");
    if (!options.checkpoint.empty())
      text += concat("`reel-mnist train --resume ", printable(options.checkpoint),
                     "` continues the run. ");
    return text;
  }
  const bool best = training.early_stopping && training.early_stopping->has_best();
  if (outcome.status == train::FitStatus::stopped_early)
    text += concat("Stopped early: no better ", options.monitor, " of validation in ",
                   *options.patience, " epochs. ");
  const std::string_view kind = training.average ? "averaged " : "";
  if (best)
    text += concat("The ", kind, "weights are the best ones, of epoch ",
                   training.early_stopping->best_epoch(), ". ");
  else if (training.average)
    text += "The weights are the averaged ones. ";
  return text;
}

void print(const Training& training, const Outcome& outcome, const train::Evaluation& test,
           const Written& written) {
  if (training.options.json) {
    nlohmann::ordered_json json = final_json(training, outcome, test);
    if (!written.weights.empty()) json["saved"] = written.weights;
    std::cout << json_line(json);
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
  if (const std::string text = hint(training, test); !text.empty())
    std::cout << '\n' << paragraph(text, width);
  if (!written.weights.empty()) std::cout << "\nSaved to " << printable(written.weights) << ".\n";
  if (!written.picture.empty()) std::cout << "\nDrawn in " << printable(written.picture) << ".\n";
}

}  // namespace

int train(const TrainOptions& given) {
  TrainOptions options = given;
  if (!options.resume.empty()) {
    expect_same_run(options.settings, settings_in(options.resume));
    options.checkpoint = options.resume;
  }
  check(options);
  if (options.threads) set_threads(*options.threads);
  const data::Images images = data::load_images(options.data, {.stream = options.stream});
  if (options.seeds > 1) return train_seeds(options, images);
  Training training(options, images);
  if (options.find_lr) return find_lr(training);
  if (!options.resume.empty()) training.resume();

  static const StopSignals signals;  // also while the results are printed
  (options.json ? std::cerr : std::cout) << banner(training, output_width()) << std::flush;
  if (options.summary)
    (options.json ? std::cerr : std::cout) << '\n'
                                           << summary_table(training.network.model, output_width());
  Outcome outcome = fit(training);
  if (outcome.status == train::FitStatus::diverged)
    fail(Error::Kind::diverged, "train", "the loss is no longer finite in epoch ",
         training.position().epoch, ". Hint: a lower --lr than ", training.lr, '.');
  const Written written = write(training, outcome);
  try {
    train::ProgressLine progress;
    print(
        training, outcome,
        train::evaluate(training.network.model, training.test,
                        {.metrics = {train::calibration_error()}, .on_batch = std::ref(progress)}),
        written);
  } catch (const Error& error) {  // also for test images that cannot be read any more
    outcome.fail(error);
  }
  if (outcome.failure) throw *outcome.failure;
  return outcome.complete() ? 0 : 128 + StopSignals::received();
}

}  // namespace reel::mnist
