// `reel-mnist train`: the case study, and any other MLP.
#include <filesystem>
#include <functional>
#include <iostream>
#include <new>
#include <system_error>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/inspect/anomaly.h>
#include <reel/autodiff/inspect/profile.h>
#include <reel/data/images.h>
#include <reel/nn/state_dict.h>
#include <reel/train/stop_signals.h>

#include "../common/output.h"
#include "../common/text.h"
#include "banner.h"
#include "commands.h"
#include "epochs.h"
#include "find_lr.h"
#include "refusals.h"
#include "report.h"
#include "results.h"
#include "run_folder.h"
#include "run_log.h"
#include "seeds.h"
#include "training.h"

namespace reel::mnist {

using namespace apps;

namespace {

// A profile that prints itself when the run ends, in whatever way.
class PrintedProfile : public Profile {
 public:
  explicit PrintedProfile(std::ostream& out) : out_(out) {}
  ~PrintedProfile() override { out_ << '\n' << table(output_width()); }

 private:
  std::ostream& out_;
};

// Options that have no effect beside the others are mistakes.
void expect_effects_of_train(const TrainOptions& options) {
  expect_effects(options);
  expect_effect(!options.report.empty(), options.suspects.has_value(), "suspects",
                "without --report");
  expect_effect(!options.checkpoint.empty(), options.checkpoint_every > 0, "checkpoint-every",
                "without --checkpoint");
  struct Given {
    const char* option;
    bool given;
  };
  const Given of_one_run[] = {{"report", !options.report.empty()},
                              {"log", !options.log.empty()},
                              {"tensorboard", !options.tensorboard.empty()},
                              {"checkpoint", !options.checkpoint.empty()},
                              {"summary", options.summary},
                              {"profile", options.profile},
                              {"anomaly", options.anomaly}};
  constexpr const char* without_network = "with --find-lr, which tries rates and stops";
  expect_effect(!options.find_lr, !options.save.empty(), "save", without_network);
  for (const Given& one : of_one_run) {
    expect_effect(!options.find_lr, one.given, one.option, without_network);
    expect_effect(options.seeds == 1, one.given, one.option,
                  "with --seeds, which trains several networks");
  }
  expect_effect(options.seeds == 1, !options.plot.empty(), "plot",
                "with --seeds, which draws nothing");
  expect_effect(options.seeds == 1, options.find_lr, "find-lr", "with --seeds");
}

// Checks the options before anything is read or computed.
void check(const TrainOptions& options) {
  expect_effects_of_train(options);
  const NamedFile save{"save", options.save}, load{"load", options.load},
      plot{"plot", options.plot}, report{"report", options.report}, log{"log", options.log};
  for (const NamedFile& one : {save, report, log})
    if (!one.path.empty()) check_can_write(one.path, one.option);
  check_plot(options.plot);
  expect_different_files("train", {save, plot, report, log});
  expect_different_files("train", {load, plot, report, log});
  if (options.checkpoint.empty()) return;
  make_folder(options.checkpoint, "checkpoint");
  check_can_write(log_path(options.checkpoint), "checkpoint");
  if (options.resume.empty() && train::CheckpointFolder(options.checkpoint).newest())
    fail_usage("checkpoint", absolute_name(options.checkpoint),
               ": has a run already. Hint: continue it with --resume, or name another folder.");
}

// Trains until the end, a signal, or a data file that cannot be read any more.
Outcome fit(Training& training, RunLog& log) {
  const TrainOptions& options = training.options;
  std::optional<AnomalyMode> anomaly;
  if (options.anomaly) anomaly.emplace();
  std::optional<PrintedProfile> profile;
  if (options.profile) profile.emplace(options.json ? std::cerr : std::cout);
  const EpochTable table({.validation = training.parts.held_out.size() > 0,
                          .averaged = training.average.has_value(),
                          .rate = options.schedule != "constant"},
                         output_width());
  if (!options.json) std::cout << '\n' << table.header() << std::flush;
  train::ProgressLine progress(options.epochs);
  Outcome outcome;
  outcome.epochs = training.position().epoch - 1;
  double seconds = 0, samples = 0;  // of the finished epochs
  const auto on_batch = [&](const train::Progress& p) {
    ++outcome.batches;
    outcome.seconds = seconds + p.seconds;
    outcome.samples = samples + static_cast<double>(p.samples);
    progress(p);
  };
  const auto on_epoch = [&](const train::EpochReport& report) {
    progress.clear();
    const std::string weights = nn::fingerprint_text(training.network.model);
    const double lr = training.optimizer->lr();
    std::cout << (options.json ? json_line(epoch_json(report, weights, lr))
                               : table.row(report, weights, lr))
              << std::flush;
    log.add(report);
    outcome.epochs = report.epoch;
    outcome.seconds = seconds += report.seconds;
    outcome.samples = samples += static_cast<double>(report.samples);
  };
  try {
    outcome.status = training
                         .fit({.on_batch = on_batch,
                               .on_evaluation = std::ref(progress),
                               .on_epoch = on_epoch,
                               .stop = [] { return StopSignals::received() != 0; },
                               .record = log.batches()})
                         .status;
    log.finish();
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

}  // namespace

int train(const TrainOptions& given) {
  TrainOptions options = given;
  if (!options.resume.empty()) {
    if (!options.load.empty())
      fail_usage("resume", "a run that continues has its weights, and --load gives it others.");
    if (options.has_recipe)
      fail_usage("resume", "a run that continues has its settings, and --recipe gives it others.");
    std::error_code none;
    if (!options.checkpoint.empty() &&
        !std::filesystem::equivalent(options.checkpoint, options.resume, none))
      fail_usage("resume", "a run that continues has its folder, and --checkpoint names another, ",
                 absolute_name(options.checkpoint), '.');
    expect_same_run(options.settings, settings_in(options.resume), options.defaults);
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
  RunLog log(training);
  Outcome outcome = fit(training, log);
  if (outcome.status == train::FitStatus::diverged) {
    std::string text =
        concat("[train] the loss is no longer finite in epoch ", training.position().epoch,
               ". Hint: a lower --lr than ", training.lr, '.');
    const bool has_best = training.early_stopping && training.early_stopping->has_best();
    if (has_best && !options.save.empty())
      if (const Written written = write(training, outcome, log.report()); !written.weights.empty())
        text += concat(" The best weights before, of epoch ", training.early_stopping->best_epoch(),
                       ", are in ", absolute_name(written.weights), '.');
    throw Error(Error::Kind::diverged, text);
  }
  const Written written = write(training, outcome, log.report());
  try {
    train::ProgressLine progress;
    print(
        training, outcome,
        train::evaluate(training.network.model, training.test,
                        {.metrics = {train::calibration_error()}, .on_batch = std::ref(progress)}),
        written);
  } catch (const Error& error) {  // test images that cannot be read any more, perhaps once more
    if (!outcome.failure) outcome.fail(error);
  }
  if (outcome.failure) throw *outcome.failure;
  // a signal after the last batch may have ended the work on the report
  return outcome.complete() && StopSignals::received() == 0 ? 0 : 128 + StopSignals::received();
}

}  // namespace reel::mnist
