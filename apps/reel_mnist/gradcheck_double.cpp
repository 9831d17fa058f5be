// The gradient check and the count of digits: this file is linked with reel::f64.
#include "gradcheck_double.h"

#include <reel/autodiff/core/random_scope.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/nn/check.h>
#include <reel/nn/losses.h>
#include <reel/nn/sequential.h>
#include <reel/optim/optimizers.h>

namespace reel::mnist {
namespace {

nn::Sequential network(const GradcheckJob& job) {
  return nn::mlp(job.layers, nn::activation_by_name(job.activation), {job.batch_norm, job.dropout});
}

// The mean cross-entropy, the same at each call.
class Loss {
 public:
  explicit Loss(const GradcheckJob& job)
      : images_(from_values({job.labels.size(), job.layers.front()}, job.images)),
        labels_(job.labels.begin(), job.labels.end()),
        key_(Rng(job.seed).state()) {}

  Var operator()(const nn::Sequential& model) const {
    const RandomScope scope(RandomScope::State{.key = key_});
    return nn::cross_entropy(model(images_), labels_);
  }

 private:
  Var images_;
  Labels labels_;
  Rng::State key_;
};

}  // namespace

GradcheckResult check_in_double(const GradcheckJob& job) {
  nn::Sequential model = network(job);
  std::vector<Parameter> parameters = model.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i)
    parameters[i].set_value(from_values(parameters[i].shape(), job.parameters[i]));
  const CheckReport report = nn::check_parameters(
      model, Loss(job), {.order = job.order, .fast = !job.full, .seed = job.seed});
  return {report.ok, report.describe(), report.entries, report.excess};
}

DigitsResult digits_in_double(const GradcheckJob& job, const FloatStep& step) {
  nn::Sequential model = network(job);
  const Loss loss(job);
  DigitsResult result{nn::digits_of_gradients(step.gradients, model, loss), {}};
  const std::vector<Parameter> parameters = model.parameters();
  const auto optimizer = optim::make_optimizer(step.optimizer, parameters, {{"lr", step.lr}});
  Tape tape;
  tape.backward(loss(model));
  optimizer->step();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Tensor& value = parameters[i].value();
    result.parameters.push_back(
        digits_of(step.parameters[i], {value.data(), value.data() + value.size()}));
  }
  return result;
}

}  // namespace reel::mnist
