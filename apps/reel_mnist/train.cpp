// `reel-mnist train`: the case study, and any other MLP.
#include <atomic>
#include <csignal>
#include <iomanip>
#include <iostream>

#include <reel/autodiff/anomaly.h>
#include <reel/autodiff/core/file.h>
#include <reel/autodiff/gemm.h>
#include <reel/autodiff/profile.h>
#include <reel/data/mnist.h>
#include <reel/train/fit.h>

#include "../common/output.h"
#include "../common/text.h"
#include "commands.h"
#include "curves.h"
#include "model.h"
#include "optimizers.h"
#include "report.h"
#include "terminal.h"

namespace reel::mnist {

using namespace apps;

namespace {

constexpr std::size_t stream_block = 8192;  // images: 6 MB of MNIST's

std::atomic<int> caught_signal{0};  // the handler may run on any thread
static_assert(std::atomic<int>::is_always_lock_free);

// Lets SIGINT and SIGTERM end the run after the current batch; a second one ends it at once.
void catch_signals() {
  struct sigaction action = {};
  action.sa_handler = [](int signal) { caught_signal = signal; };
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

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

// A profile that prints itself at the end of the run, however it ends.
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
                run.options.optimizer, " lr ", run.optimizer.lr(), ", batch ", run.options.batch,
                ", seed ", run.options.seed, "\n", run.test.name(), ": ", grouped(run.train.size()),
                " images to train on, ", grouped(run.validation.size()), " to validate, ",
                grouped(run.test.size()), " to test\n", blas_name(), ", ",
                thread_count(run.threads), '\n');
}

nlohmann::ordered_json final_json(const Run& run, const train::FitResult& result,
                                  const train::Evaluation& test) {
  double seconds = 0, samples = 0;
  for (const train::EpochReport& report : result.epochs) {
    seconds += report.seconds;
    samples += static_cast<double>(report.samples);
  }
  nlohmann::ordered_json json{
      {"final", true},
      {"status", result.status == train::FitStatus::finished ? "finished" : "stopped"},
      {"epochs", result.epochs.size()},
      {"seconds", seconds},
      {"samples_per_second", seconds > 0 ? samples / seconds : 0},
      {"data", run.test.name()}};
  json.update(run.architecture.json());
  json.update({{"parameters", run.parameters},
               {"optimizer", run.options.optimizer},
               {"lr", run.optimizer.lr()},
               {"batch", run.options.batch},
               {"seed", run.options.seed},
               {"threads", run.threads},
               {"blas", blas_name()}});
  if (!result.epochs.empty()) {
    json["train_loss"] = result.epochs.back().train_loss;
    if (result.epochs.back().validation)
      json["validation_accuracy"] = result.epochs.back().validation->accuracy();
  }
  json.update(to_json(test, run.test));
  return json;
}

}  // namespace

int train(const TrainOptions& options) {
  const bool observed = options.profile || options.anomaly;  // which is of this thread alone
  if (observed && options.threads.value_or(1) != 1)
    fail_usage("train", "--profile and --anomaly watch one thread. Hint: --threads 1.");
  if (!options.save.empty()) check_can_write(options.save, "save");
  if (!options.plot.empty()) check_can_write(options.plot, "plot");
  const Rng rng(options.seed);
  Rng weights_rng = rng.split(0), split_rng = rng.split(1), order_rng = rng.split(2);
  LoadedModel network = make_model(options, weights_rng);
  const data::Mnist mnist = data::load_mnist(options.data, {.mapped = options.stream});
  check_fits(network.architecture, mnist.train, options.load);
  const data::Split parts = data::split(mnist.train, options.validation, split_rng);
  const auto optimizer = make_optimizer(options.optimizer, network.model.parameters(), options.lr);
  const std::size_t threads =
      observed ? 1 : options.threads.value_or(train::default_threads(network.model, options.batch));
  const Run run{options,
                network.architecture,
                network.model.parameter_count(),
                *optimizer,
                parts.rest,
                parts.held_out,
                mnist.test,
                threads};
  const bool validate = parts.held_out.size() > 0;
  (options.json ? std::cerr : std::cout) << banner(run);
  if (!options.json) {
    std::cout << '\n';
    print_epoch_header(validate);
  }
  std::cout.flush();

  std::optional<AnomalyMode> anomaly;
  if (options.anomaly) anomaly.emplace();
  std::optional<PrintedProfile> profile;
  if (options.profile) profile.emplace(options.json ? std::cerr : std::cout);
  catch_signals();
  ProgressLine progress(options.epochs);
  const train::FitResult result =
      train::fit(network.model, *optimizer, parts.rest, order_rng,
                 {.epochs = options.epochs,
                  .batch = options.batch,
                  .drop_last = true,
                  .block = options.stream ? stream_block : 0,
                  .threads = threads,
                  .validation = validate ? &parts.held_out : nullptr,
                  .test = &mnist.test,
                  .on_batch = [&](const train::Progress& p) { progress.update(p); },
                  .on_epoch =
                      [&](const train::EpochReport& report) {
                        progress.clear();
                        if (options.json)
                          std::cout << json_line(epoch_json(report)) << std::flush;
                        else
                          print_epoch(report);
                      },
                  .stop = [] { return caught_signal != 0; }});
  progress.clear();
  if (result.status == train::FitStatus::diverged)
    fail(Error::Kind::diverged, "train", "the loss is no longer finite in epoch ",
         result.epochs.size() + 1, ". Hint: a lower --lr than ", optimizer->lr(), '.');
  if (!options.save.empty()) save(network.model, network.architecture, options.save);
  if (!options.plot.empty())
    write_file(options.plot, "plot",
               plot::svg(training_curves(
                   concat(network.architecture.layers_text(), " on ", run.test.name(), ", ",
                          options.optimizer, " at ", optimizer->lr()),
                   result.epochs)));
  const bool stopped = result.status == train::FitStatus::stopped;
  const train::Evaluation test =
      stopped ? train::evaluate(network.model, mnist.test) : *result.epochs.back().test;
  if (options.json) {
    std::cout << json_line(final_json(run, result, test));
  } else {
    std::cout << (stopped ? concat("\nStopped in epoch ", result.epochs.size() + 1, '.') : "")
              << "\nTest accuracy " << percent(test.accuracy())
              << ". Rows: the true class; columns: what it was taken for.\n\n"
              << confusion_table(test.confusion, mnist.test);
    if (!options.save.empty()) std::cout << "\nSaved to " << options.save << ".\n";
    if (!options.plot.empty()) std::cout << "\nDrawn in " << options.plot << ".\n";
  }
  return stopped ? 128 + caught_signal : 0;
}

}  // namespace reel::mnist
