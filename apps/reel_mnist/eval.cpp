// `reel-mnist eval`: a saved network on the test images.
#include <cmath>
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
  const train::Evaluation evaluation = train::evaluate(loaded.model, images.test);
  if (!std::isfinite(evaluation.loss))
    fail(Error::Kind::diverged, "eval", "the loss on ", images.test.name(), " is not finite.");
  if (options.json) {
    nlohmann::ordered_json result{{"data", images.test.name()}};
    result.update(loaded.architecture.json());
    result.update(to_json(evaluation, images.test));
    std::cout << json_line(result);
    return 0;
  }
  std::cout << loaded.architecture.text() << " on " << grouped(images.test.size())
            << " test images of " << images.test.name() << ", " << blas_name() << ", "
            << thread_count(threads()) << '\n'
            << "test accuracy " << percent(evaluation.accuracy()) << ", loss " << evaluation.loss
            << "\n\n"
            << confusion_table(evaluation.confusion, images.test);
  return 0;
}

}  // namespace reel::mnist
