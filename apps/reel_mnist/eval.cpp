// `reel-mnist eval`: a saved network on the test images.
#include <cmath>
#include <functional>
#include <iostream>

#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/tensor/gemm.h>
#include <reel/data/mnist.h>
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
  const data::Mnist mnist = data::load_mnist(options.data);
  check_fits(loaded.architecture, mnist.test, options.load);
  train::ProgressLine progress;
  const train::Evaluation evaluation =
      train::evaluate(loaded.model, mnist.test, {.on_batch = std::ref(progress)});
  progress.clear();
  if (!std::isfinite(evaluation.loss))
    fail(Error::Kind::diverged, "eval", "the loss on ", mnist.test.name(), " is not finite.");
  if (options.json) {
    nlohmann::ordered_json result{{"data", mnist.test.name()}};
    result.update(loaded.architecture.json());
    result.update(to_json(evaluation, mnist.test));
    std::cout << json_line(result);
    return 0;
  }
  const std::size_t width = page_width();
  std::cout << paragraph(concat(loaded.architecture.text(), " on ", grouped(mnist.test.size()),
                                " test images of ", mnist.test.name()),
                         width)
            << paragraph(concat(blas_name(), ", ", thread_count(threads())), width)
            << paragraph(
                   concat("test accuracy ", percent(evaluation.accuracy()), ", macro F1 ",
                          percent(evaluation.confusion.macro_f1()), ", loss ", evaluation.loss),
                   width)
            << '\n'
            << confusion_table(evaluation.confusion, mnist.test, width);
  return 0;
}

}  // namespace reel::mnist
