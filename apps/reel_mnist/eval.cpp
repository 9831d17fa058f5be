// `reel-mnist eval`: a saved network on the test images.
#include <cmath>
#include <functional>
#include <iostream>

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

int eval(const CommonOptions& options) {
  if (options.threads) set_threads(*options.threads);
  LoadedModel loaded = load(options.load);
  const data::Images images = data::load_images(options.data);
  check_fits(loaded.architecture, images.test, options.load);
  warn_of_other_data(loaded.architecture, images.test);
  train::ProgressLine progress;
  const train::Evaluation evaluation =
      train::evaluate(loaded.model, images.test, {.on_batch = std::ref(progress)});
  progress.clear();
  if (!std::isfinite(evaluation.loss))
    fail(Error::Kind::diverged, "eval", "the loss on ", images.test.name(), " is not finite.");
  if (options.json) {
    nlohmann::ordered_json result{{"data", images.test.name()}};
    result.update(loaded.architecture.json());
    result.update(to_json(evaluation, images.test));
    std::cout << json_line(result);
    return 0;
  }
  const std::size_t width = output_width();
  std::cout << paragraph(
                   concat(loaded.architecture.text(), " on ",
                          counted(images.test.size(), "test image"), " of ", images.test.name()),
                   width)
            << paragraph(concat(blas_name(), ", ", counted(threads(), "thread")), width)
            << paragraph(
                   concat("test accuracy ", percent(evaluation.accuracy()), ", macro F1 ",
                          percent(evaluation.confusion.macro_f1()), ", loss ", evaluation.loss),
                   width)
            << '\n'
            << confusion_table(evaluation.confusion, images.test, width);
  return 0;
}

}  // namespace reel::mnist
