// Describes a training.
#include "banner.h"

#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/tensor/gemm.h>

#include "../common/text.h"

namespace reel::mnist {

using namespace apps;

std::string banner(const Training& training, std::size_t width) {
  const TrainOptions& options = training.options;
  return paragraph(concat(training.network.architecture.text(), ", ",
                          grouped(training.network.model.parameter_count()), " parameters, ",
                          options.optimizer, " lr ", training.lr, ", batch ", options.batch_size,
                          ", seed ", options.seed),
                   width) +
         paragraph(concat(training.test.name(), ": ", counted(training.parts.rest.size(), "image"),
                          " to train on, ", grouped(training.parts.held_out.size()),
                          " to validate, ", grouped(training.test.size()), " to test"),
                   width) +
         paragraph(concat(blas_name(), ", ", counted(threads(), "thread")), width);
}

}  // namespace reel::mnist
