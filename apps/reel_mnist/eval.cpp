// `reel-mnist eval`: a saved network on the test images, or on those of its training.
#include <cmath>
#include <functional>
#include <iostream>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/tensor/gemm.h>
#include <reel/data/images.h>
#include <reel/train/evaluate.h>

#include "../common/output.h"
#include "../common/text.h"
#include "commands.h"
#include "model.h"
#include "report.h"

namespace reel::mnist {

using namespace apps;

namespace {

// The images of --on. The file of the network tells which ones its training held out.
data::Dataset chosen(const EvalOptions& options, const Architecture& architecture,
                     const data::Images& images) {
  if (options.on == "test") return images.test;
  if (!architecture.split)
    fail(Error::Kind::input, "load", absolute_name(options.load),
         ": its metadata has no \"seed\" and no \"validation\", by which the training images are "
         "split. Hint: a file that `reel-mnist train --save` wrote without --seeds.");
  const data::Split parts = architecture.split->of(images.train);
  if (options.on == "train") return parts.rest;
  if (parts.held_out.size() == 0)
    fail_usage("on",
               "there are no validation images: the network was trained with --validation 0.");
  return parts.held_out;
}

}  // namespace

int eval(const EvalOptions& options) {
  if (options.threads) set_threads(*options.threads);
  LoadedModel loaded = load(options.load);
  const Architecture& architecture = loaded.architecture;
  const data::Images images = data::load_images(options.data);
  check_fits(architecture, images.test, options.load);
  warn_of_other_data(architecture, images.test);
  if (options.top_k && *options.top_k > images.test.classes())
    fail_usage("top-k", *options.top_k, " of only ", images.test.classes(), " classes.");
  const data::Dataset dataset = chosen(options, architecture, images);
  std::vector<train::Metric> metrics{train::calibration_error()};
  if (options.top_k) metrics.push_back(train::top_k(*options.top_k));
  train::ProgressLine progress;
  const train::Evaluation evaluation =
      train::evaluate(loaded.model, dataset, {.metrics = metrics, .on_batch = std::ref(progress)});
  progress.clear();
  if (!std::isfinite(evaluation.loss))
    fail(Error::Kind::diverged, "eval", "the loss on ", dataset.name(), " is not finite.");
  const auto top_k_accuracy = [&] { return evaluation.metrics.at(concat("top_", *options.top_k)); };
  if (options.json) {
    nlohmann::ordered_json result{
        {"data", dataset.name()}, {"on", options.on}, {"images", dataset.size()}};
    result.update(architecture.json());
    result.update(to_json(evaluation, dataset, options.on));
    if (options.top_k)
      result.update({{"top_k", *options.top_k}, {"top_k_accuracy", top_k_accuracy()}});
    std::cout << json_line(result);
    return 0;
  }
  const std::string which = options.on == "train" ? "training" : options.on;
  std::string scores = concat(which, " accuracy ", percent(evaluation.accuracy()));
  if (options.top_k)
    scores += concat(", top-", *options.top_k, " accuracy ", percent(top_k_accuracy()));
  scores +=
      concat(", macro F1 ", percent(evaluation.confusion.macro_f1()), ", loss ", evaluation.loss,
             ", calibration error ", percent(evaluation.metrics.at("calibration_error")));
  const std::size_t width = output_width();
  std::cout << paragraph(concat(architecture.text(), " on ",
                                counted(dataset.size(), which + " image"), " of ", dataset.name()),
                         width)
            << paragraph(concat(blas_name(), ", ", counted(threads(), "thread")), width)
            << paragraph(scores, width) << '\n'
            << confusion_table(evaluation.confusion, dataset, width);
  return 0;
}

}  // namespace reel::mnist
