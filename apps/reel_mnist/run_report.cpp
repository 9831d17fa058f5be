// Collects what the report of a run shows.
#include "run_report.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>

#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/core/processors.h>
#include <reel/autodiff/tensor/gemm.h>
#include <reel/nn/sequential.h>
#include <reel/train/curvature.h>
#include <reel/train/label_suspects.h>
#include <reel/train/stop_signals.h>

#include "../common/text.h"
#include "run_folder.h"

namespace reel::mnist {

using namespace apps;

namespace {

constexpr std::size_t sharpness_images = 500;     // enough for two digits, and quick
constexpr std::size_t sharpness_epochs = 20;      // about so many of a run are measured
constexpr std::size_t most_products = 30;         // in Lanczos' method, which keeps as many vectors
constexpr std::size_t most_numbers = 50'000'000;  // in these vectors
constexpr std::size_t suspects_searched = 10'000;

data::Dataset random_part(const data::Dataset& images, std::size_t count, std::uint64_t seed) {
  std::vector<std::uint32_t> rows = Rng(seed).permutation(images.size());
  rows.resize(std::min(count, rows.size()));
  return images.subset(rows);
}

bool stopped() { return StopSignals::received() != 0; }

// The settings that were given, except for those that the page has anyway.
std::vector<report::Fact> other_settings(const std::string& settings) {
  constexpr std::string_view shown[] = {
      "layers",   "activation", "data",     "optimizer",  "lr",
      "schedule", "batch",      "epochs",   "seed",       "save",
      "plot",     "report",     "suspects", "validation", "checkpoint-every"};
  std::vector<report::Fact> facts;
  for (const auto& [key, value] : settings_by_key(settings))
    if (std::find(std::begin(shown), std::end(shown), key) == std::end(shown))
      facts.push_back({key, value});
  return facts;
}

}  // namespace

std::vector<plot::Chart> epoch_charts(const Training& training) {
  const TrainOptions& options = training.options;
  std::string name = "training";
  if (options.label_smoothing > 0) name += ", smoothed labels";
  if (options.class_weights != "none") name += ", weighted classes";
  return report::epoch_charts(training.epochs(), {.training = name, .monitor = options.monitor});
}

RunReport::RunReport(Training& training, const std::vector<std::string>& layers)
    : training_(training),
      first_epoch_(training.position().epoch),
      batches_(layers),
      lr_(training.optimizer->lr()),
      some_(random_part(training.parts.rest, sharpness_images, training.options.seed)) {}

void RunReport::add(const std::vector<train::BatchRecord>& batches) {
  for (const train::BatchRecord& batch : batches) batches_.add(batch);
  if (!batches.empty()) lr_ = batches.back().lr;
}

void RunReport::add(const train::EpochReport& epoch) {
  const std::size_t last = training_.options.epochs,
                    every = (last + sharpness_epochs - 1) / sharpness_epochs;
  if (epoch.epoch % every == 0 || epoch.epoch == last)
    sharpness_.push_back({epoch.epoch, largest_eigenvalues(), lr_});
}

// Those that Lanczos' method has found to about two digits.
std::vector<double> RunReport::largest_eigenvalues() const {
  constexpr double tolerance = 0.02;  // relative to the largest
  nn::Sequential& model = training_.network.model;
  const std::size_t products =
      std::clamp<std::size_t>(most_numbers / model.parameter_count(), 6, most_products);
  Rng rng(training_.options.seed);
  try {
    train::Curvatures found = train::largest_curvatures(
        model, some_, rng,
        {.count = 3, .tolerance = tolerance, .products = products, .stop = stopped});
    std::size_t exact = 0;
    while (exact < found.values.size() &&
           found.errors[exact] <= tolerance * std::abs(found.values[0]))
      ++exact;
    found.values.resize(exact);
    return found.values;
  } catch (const Error& error) {
    if (error.kind() != Error::Kind::diverged) throw;  // the run itself will tell
    return {};
  }
}

void RunReport::add_suspects(report::Report& report) const {
  const TrainOptions& options = training_.options;
  const std::size_t searched = options.suspects.value_or(suspects_searched);
  if (searched == 0 || stopped()) return;
  const data::Dataset images = random_part(training_.parts.rest, searched, options.seed);
  const std::size_t folds = std::min<std::size_t>(4, images.size());
  Rng rng(options.seed);
  try {
    const auto found = train::label_suspects(training_.network.model, images, rng,
                                             {.folds = folds, .stop = stopped});
    if (found.empty()) return;
    report.suspects = report::suspects(found, images);
    report.suspects_among = images.size();
  } catch (const Error& error) {
    report.notes.push_back(concat("Labels that may be wrong were not searched: ", error.what()));
  }
}

report::Report RunReport::page(const Outcome& outcome) const {
  const TrainOptions& options = training_.options;
  const Architecture& architecture = training_.network.architecture;
  report::Report report;
  report.title = concat(architecture.text(), " on ", training_.test.name());
  report.settings = {
      {"network", architecture.text()},
      {"parameters", grouped(training_.network.model.parameter_count())},
      {"data", training_.test.name()},
      {"training images", grouped(training_.parts.rest.size())},
      {"validation images", grouped(training_.parts.held_out.size())},
      {"test images", grouped(training_.test.size())},
      {"optimiser", options.optimizer},
      {"learning rate", concat(training_.lr, ", ", options.schedule)},
      {"batch", grouped(options.batch_size)},
      {"epochs", concat(outcome.epochs, " of ", options.epochs)},
      {"seed", concat(options.seed)},
  };
  report.environment = {
      {"training time", duration(outcome.seconds)},
      {"matrix products", blas_name()},
      {"threads", concat(threads(), " on ", counted(processors(), "processor"))},
      {"precision", "float"},
      {"compiler", __VERSION__},
  };
  for (report::Fact& fact : other_settings(options.settings))
    report.settings.push_back(std::move(fact));
  if (first_epoch_ > 1)
    report.notes.push_back(
        concat("The run was continued. The curves by batch, the sharpness and the training time "
               "are those since epoch ",
               first_epoch_, '.'));
  report.charts = epoch_charts(training_);
  for (plot::Chart& chart : batches_.charts()) report.charts.push_back(std::move(chart));
  report.sharpness = sharpness_;
  report.sharpness_samples = some_.size();
  if (!stopped()) report.eigenvalues = largest_eigenvalues();
  nn::Sequential model = nn::clone(training_.network.model);
  report::add_model(report, model, training_.test);
  add_suspects(report);
  return report;
}

}  // namespace reel::mnist
