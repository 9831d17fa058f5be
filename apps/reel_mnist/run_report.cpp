// Collects what the report of a run shows.
#include "run_report.h"

#include <algorithm>
#include <numeric>

#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/core/processors.h>
#include <reel/autodiff/tensor/gemm.h>
#include <reel/nn/sequential.h>
#include <reel/train/curvature.h>
#include <reel/train/label_suspects.h>

#include "../common/text.h"

namespace reel::mnist {

using namespace apps;

namespace {

constexpr std::size_t sharpness_images = 500;     // enough for two digits, and quick
constexpr std::size_t sharpness_epochs = 20;      // about so many of a run are measured
constexpr std::size_t most_products = 30;         // in Lanczos' method, which keeps as many vectors
constexpr std::size_t most_numbers = 50'000'000;  // in these vectors
constexpr std::size_t suspects_searched = 10'000;

data::Dataset first(const data::Dataset& images, std::size_t count) {
  std::vector<std::uint32_t> rows(std::min(count, images.size()));
  std::iota(rows.begin(), rows.end(), 0);
  return images.subset(rows);
}

}  // namespace

RunReport::RunReport(Training& training, const std::vector<std::string>& layers)
    : training_(training), batches_(layers), some_(first(training.parts.rest, sharpness_images)) {}

void RunReport::add(const std::vector<train::BatchRecord>& batches) {
  for (const train::BatchRecord& batch : batches) batches_.add(batch);
}

void RunReport::add(const train::EpochReport& epoch) {
  const std::size_t last = training_.options.epochs,
                    every = (last + sharpness_epochs - 1) / sharpness_epochs;
  if (epoch.epoch % every != 0 && epoch.epoch != last) return;
  nn::Sequential& model = training_.network.model;
  const std::size_t products =
      std::clamp<std::size_t>(most_numbers / model.parameter_count(), 6, most_products);
  Rng rng(training_.options.seed);
  try {
    sharpness_.push_back(
        {epoch.epoch,
         train::largest_curvatures(model, some_, rng,
                                   {.count = 3, .tolerance = 1e-2, .products = products})
             .values,
         training_.optimizer->lr()});
  } catch (const Error& error) {
    if (error.kind() != Error::Kind::diverged) throw;  // the run itself will tell
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
  report.charts = report::epoch_charts(training_.epochs(), {.monitor = options.monitor});
  for (plot::Chart& chart : batches_.charts()) report.charts.push_back(std::move(chart));
  report.sharpness = sharpness_;
  report.sharpness_samples = some_.size();
  nn::Sequential model = nn::clone(training_.network.model);
  report::add_model(report, model, training_.test);
  const std::size_t searched = options.suspects.value_or(suspects_searched);
  if (searched > 0 && outcome.complete()) {
    const data::Dataset images = first(training_.parts.rest, searched);
    Rng rng(options.seed);
    report.suspects = report::suspects(train::label_suspects(model, images, rng), images);
    report.suspects_among = images.size();
  }
  return report;
}

}  // namespace reel::mnist
