// `reel-mnist train`: the case study, and any other MLP.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <new>
#include <string_view>
#include <system_error>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/inspect/anomaly.h>
#include <reel/autodiff/inspect/profile.h>
#include <reel/autodiff/tensor/gemm.h>
#include <reel/data/mnist.h>
#include <reel/optim/optimizers.h>
#include <reel/train/fit.h>
#include <reel/train/stop_signals.h>

#include "../common/output.h"
#include "../common/text.h"
#include "commands.h"
#include "curves.h"
#include "model.h"
#include "report.h"
#include "rescue.h"

namespace reel::mnist {

using namespace apps;

namespace {

constexpr std::size_t stream_block = 8192;  // images: 6 MB of MNIST's

nlohmann::ordered_json epoch_json(const train::EpochReport& report) {
  nlohmann::ordered_json json{{"epoch", report.epoch}, {"train_loss", report.train_loss}};
  if (report.validation) {
    json["validation_loss"] = report.validation->loss;
    json["validation_accuracy"] = report.validation->accuracy();
  }
  json["test_loss"] = report.test->loss;
  json["test_accuracy"] = report.test->accuracy();
  json["seconds"] = report.seconds;
  json["samples_per_second"] = report.samples_per_second();
  return json;
}

void print_epoch_header(bool validation) {
  std::cout << "epoch  train loss" << (validation ? "  validation" : "") << "      test"
            << "  seconds   samples/s\n";
}

void print_epoch(const train::EpochReport& r) {
  std::cout << std::setw(5) << r.epoch << std::fixed << std::setprecision(4) << std::setw(12)
            << r.train_loss << std::defaultfloat;
  if (r.validation) std::cout << padded(percent(r.validation->accuracy()), 12, true);
  std::cout << padded(percent(r.test->accuracy()), 10, true) << std::fixed << std::setprecision(2)
            << std::setw(9) << r.seconds << std::defaultfloat << std::setprecision(6)
            << padded(grouped(static_cast<std::size_t>(r.samples_per_second())), 12, true)
            << std::endl;
}

// A profile that prints itself when the run ends, in whatever way.
class PrintedProfile : public Profile {
 public:
  explicit PrintedProfile(std::ostream& out) : out_(out) {}
  ~PrintedProfile() override { out_ << '\n' << table(); }

 private:
  std::ostream& out_;
};

struct Run {
  const TrainOptions& options;
  const Architecture& architecture;
  std::size_t parameters;
  const optim::Optimizer& optimizer;
  const data::Dataset &train, &validation, &test;
  std::size_t threads;
};

std::string banner(const Run& run) {
  return concat(run.architecture.text(), ", ", grouped(run.parameters), " parameters, ",
                run.options.optimizer, " lr ", run.optimizer.lr(), ", batch ",
                run.options.batch_size, ", seed ", run.options.seed, "\n", run.test.name(), ": ",
                grouped(run.train.size()), " images to train on, ", grouped(run.validation.size()),
                " to validate, ", grouped(run.test.size()), " to test\n", blas_name(), ", ",
                thread_count(run.threads), '\n');
}

// The result of a run.
struct Outcome {
  train::FitStatus status = train::FitStatus::stopped;
  std::optional<Error> failure;  // of the training, or of writing its results
  std::size_t batches = 0;       // on which it has trained
  std::size_t epochs = 0;        // that are finished
  double seconds = 0, samples = 0;
  train::EpochReport last;
  std::vector<train::EpochReport> all;  // for the picture of --plot

  bool complete() const { return status == train::FitStatus::finished; }
  // Keeps the kind of the first failure, and the messages of all.
  void fail(const Error& error) {
    if (!failure)
      failure = error;
    else if (std::string_view(failure->what()).find(error.what()) == std::string_view::npos)
      failure = Error(failure->kind(), concat(failure->what(), ' ', error.what()));
  }
};

nlohmann::ordered_json final_json(const Run& run, const Outcome& outcome,
                                  const train::Evaluation& test) {
  nlohmann::ordered_json json{
      {"final", true},
      {"status", outcome.complete() ? "finished" : "stopped"},
      {"epochs", outcome.epochs},
      {"seconds", outcome.seconds},
      {"samples_per_second", outcome.seconds > 0 ? outcome.samples / outcome.seconds : 0},
      {"data", run.test.name()}};
  json.update(run.architecture.json());
  json.update({{"parameters", run.parameters},
               {"optimizer", run.options.optimizer},
               {"lr", run.optimizer.lr()},
               {"batch", run.options.batch_size},
               {"seed", run.options.seed},
               {"threads", run.threads},
               {"blas", blas_name()}});
  if (outcome.epochs > 0) {
    json["train_loss"] = outcome.last.train_loss;
    if (outcome.last.validation) json["validation_accuracy"] = outcome.last.validation->accuracy();
  }
  json.update(to_json(test, run.test));
  return json;
}

// Checks the options before anything is read or computed.
void check(const TrainOptions& options) {
  if (!options.save.empty()) check_can_write(options.save, "save");
  if (!options.plot.empty()) check_can_write(options.plot, "plot");
  if (!options.save.empty() && !options.plot.empty() && same_file(options.save, options.plot))
    fail_usage("train", "--save and --plot name the same file, ", absolute_name(options.save), '.');
}

// Trains until the end, a signal, or a data file that cannot be read any more.
Outcome fit(const Run& run, nn::Module& model, optim::Optimizer& optimizer, Rng& rng) {
  const TrainOptions& options = run.options;
  std::optional<AnomalyMode> anomaly;
  if (options.anomaly) anomaly.emplace();
  std::optional<PrintedProfile> profile;
  if (options.profile) profile.emplace(options.json ? std::cerr : std::cout);
  train::ProgressLine progress(options.epochs);
  Outcome outcome;
  const auto on_epoch = [&](const train::EpochReport& report) {
    progress.clear();
    if (options.json)
      std::cout << json_line(epoch_json(report)) << std::flush;
    else
      print_epoch(report);
    outcome.epochs = report.epoch;
    outcome.seconds += report.seconds;
    outcome.samples += static_cast<double>(report.samples);
    outcome.last = report;
    if (!options.plot.empty()) outcome.all.push_back(report);
  };
  try {
    outcome.status =
        train::fit(model, optimizer, run.train, rng,
                   {.epochs = options.epochs,
                    .batch_size = options.batch_size,
                    .drop_last = true,
                    .block = options.stream ? stream_block : 0,
                    .validation = run.validation.size() > 0 ? &run.validation : nullptr,
                    .test = &run.test,
                    .history = false,
                    .on_batch =
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
Written write(const Run& run, const nn::Module& model, Outcome& outcome) {
  const TrainOptions& options = run.options;
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
    attempt(options.save, written.weights, [&] { save(model, run.architecture, options.save); });
    if (written.weights.empty()) {
      const Rescue rescue = save_elsewhere(model, run.architecture, options.save);
      written.weights = rescue.path;
      outcome.fail(Error(Error::Kind::system, rescue.message));
    }
  }
  if (!options.plot.empty())
    attempt(options.plot, written.picture, [&] {
      write_file(
          options.plot, "plot",
          plot::svg(training_curves(concat(run.architecture.text(), " on ", run.test.name(), ", ",
                                           options.optimizer, " at ", run.optimizer.lr()),
                                    outcome.all)));
    });
  return written;
}

void print(const Run& run, const Outcome& outcome, const train::Evaluation& test,
           const Written& written) {
  if (run.options.json) {
    nlohmann::ordered_json json = final_json(run, outcome, test);
    if (!written.weights.empty()) json["saved"] = written.weights;
    std::cout << json_line(json);
    return;
  }
  std::cout << (outcome.complete() ? "" : concat("\nStopped in epoch ", outcome.epochs + 1, '.'))
            << "\nTest accuracy " << percent(test.accuracy()) << ".\n"
            << confusion_table(test.confusion, run.test, page_width());
  if (!written.weights.empty()) std::cout << "\nSaved to " << printable(written.weights) << ".\n";
  if (!written.picture.empty()) std::cout << "\nDrawn in " << printable(written.picture) << ".\n";
}

}  // namespace

int train(const TrainOptions& options) {
  check(options);
  const Rng rng(options.seed);
  Rng weights_rng = rng.split(0), split_rng = rng.split(1), order_rng = rng.split(2);
  LoadedModel network = make_model(options, weights_rng);
  const data::Mnist mnist = data::load_mnist(options.data, {.stream = options.stream});
  check_fits(network.architecture, mnist.train, options.load);
  const data::Split parts = data::split(mnist.train, options.validation, split_rng);
  static_cast<void>(
      data::batches(parts.rest, {.batch_size = options.batch_size, .drop_last = true}));  // checks
  const double lr = options.lr.value_or(optim::find_optimizer(options.optimizer).lr);
  const auto optimizer =
      optim::make_optimizer(options.optimizer, network.model.parameters(), {{"lr", lr}});
  if (options.threads) set_threads(*options.threads);
  const Run run{options,
                network.architecture,
                network.model.parameter_count(),
                *optimizer,
                parts.rest,
                parts.held_out,
                mnist.test,
                threads()};
  (options.json ? std::cerr : std::cout) << banner(run);
  if (!options.json) {
    std::cout << '\n';
    print_epoch_header(parts.held_out.size() > 0);
  }
  std::cout.flush();

  static const StopSignals signals;  // also while the results are printed
  Outcome outcome = fit(run, network.model, *optimizer, order_rng);
  if (outcome.status == train::FitStatus::diverged)
    fail(Error::Kind::diverged, "train", "the loss is no longer finite in epoch ",
         outcome.epochs + 1, ". Hint: a lower --lr than ", optimizer->lr(), '.');
  const Written written = write(run, network.model, outcome);
  try {
    print(run, outcome,
          outcome.complete() ? *outcome.last.test : train::evaluate(network.model, mnist.test),
          written);
  } catch (const Error& error) {  // also for test images that cannot be read any more
    outcome.fail(error);
  }
  if (outcome.failure) throw *outcome.failure;
  return outcome.complete() ? 0 : 128 + StopSignals::received();
}

}  // namespace reel::mnist
