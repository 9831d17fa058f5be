// Collects what the report of a run shows.
#include "run_report.h"

#include <algorithm>
#include <numeric>

#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/core/processors.h>
#include <reel/autodiff/tensor/gemm.h>
#include <reel/nn/sequential.h>
#include <reel/train/curvature.h>

#include "../common/text.h"
#include "curves.h"

namespace reel::mnist {

using namespace apps;

namespace {

constexpr std::size_t hessian_images = 500;  // enough for two digits, and quick

}  // namespace

report::Report run_report(const Training& training, const Outcome& outcome) {
  const TrainOptions& options = training.options;
  const Architecture& architecture = training.network.architecture;
  report::Report report;
  report.title = concat(architecture.text(), " on ", training.test.name());
  report.settings = {
      {"network", architecture.text()},
      {"parameters", grouped(training.network.model.parameter_count())},
      {"data", training.test.name()},
      {"training images", grouped(training.parts.rest.size())},
      {"validation images", grouped(training.parts.held_out.size())},
      {"test images", grouped(training.test.size())},
      {"optimiser", options.optimizer},
      {"learning rate", concat(training.lr, ", ", options.schedule)},
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
  report.charts = {training_curves("", training.epochs(), options.monitor)};
  nn::Sequential model = nn::clone(training.network.model);
  report::add_model(report, model, training.test);
  std::vector<std::uint32_t> rows(std::min(hessian_images, training.parts.rest.size()));
  std::iota(rows.begin(), rows.end(), 0);
  Rng rng(options.seed);
  report.eigenvalues = train::largest_curvatures(model, training.parts.rest.subset(rows), rng,
                                                 {.count = 3, .tolerance = 1e-2, .products = 40})
                           .values;
  return report;
}

}  // namespace reel::mnist
