// The gradient check in double: this file is linked with reel::f64.
#include "gradcheck_double.h"

#include <reel/autodiff/core/random_scope.h>
#include <reel/nn/check.h>
#include <reel/nn/losses.h>
#include <reel/nn/sequential.h>

namespace reel::mnist {

GradcheckResult check_in_double(const GradcheckJob& job) {
  nn::Sequential model =
      nn::mlp(job.layers, nn::activation_by_name(job.activation), {job.batch_norm, job.dropout});
  std::vector<Parameter> parameters = model.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i)
    parameters[i].set_value(from_values(parameters[i].shape(), job.parameters[i]));
  const Var images = from_values({job.labels.size(), job.layers.front()}, job.images);
  const Labels labels(job.labels.begin(), job.labels.end());
  const CheckReport report = nn::check_parameters(
      model,
      [&](const nn::Sequential& m) {
        const RandomScope scope(
            RandomScope::State{.key = Rng(job.seed).state()});  // the same at each call
        return nn::cross_entropy(m(images), labels);
      },
      {.order = job.order, .fast = !job.full, .seed = job.seed});
  return {report.ok, report.describe(), report.entries, report.excess};
}

}  // namespace reel::mnist
