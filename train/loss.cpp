// Chooses a loss by the targets, and checks that it fits.
#include <reel/train/loss.h>

#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/loss.h>
#include <reel/autodiff/ops/reduction.h>

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

// The sum of weight·loss over the samples divided by the total weight.
Var weighted_cross_entropy(const Var& scores, const data::Batch& batch) {
  return softmax_cross_entropy(scores, batch.labels,
                               {.reduction = batch.weight() > 0 ? Reduction::mean : Reduction::sum,
                                .sample_weights = *batch.weights});
}

Var weighted_squared_error(const Var& output, const data::Batch& batch) {
  const Shape& shape = batch.targets->shape();
  if (output.shape() != shape)
    fail_usage("squared_error", "prediction ", to_string(output.shape()), " and target ",
               to_string(shape), " differ in shape.");
  Tensor factors = *batch.weights;
  factors.reshape(Shape{shape[0], 1});
  const double total = batch.weight();
  if (total > 0) factors /= static_cast<Real>(total * static_cast<double>(shape[1]));
  return sum(Var(std::move(factors)) * square(output - batch.targets));
}

void expect_output(std::string_view where, const Shape& output, const data::Dataset& dataset) {
  const std::size_t outputs = dataset.outputs();
  if (outputs == 0)
    fail_usage(where, '"', dataset.name(),
               "\" has no targets for the default loss. Hint: give a "
               "loss, or dataset.autoencoding().");
  if (output.size() != 2 || output[1] != outputs)
    fail_usage(where, "the model's output is ", to_string(output), ", the data set has ", outputs,
               dataset.classes() > 0 ? " classes."
               : outputs == 1        ? " number in a target."
                                     : " numbers in a target.");
}

}  // namespace

Var default_loss(const Var& output, const data::Batch& batch) {
  if (batch.targets)
    return batch.weights ? weighted_squared_error(output, batch)
                         : squared_error(output, batch.targets);
  if (batch.labels.empty()) fail_usage("default_loss", "the batch has neither labels nor targets.");
  return batch.weights ? weighted_cross_entropy(output, batch)
                       : softmax_cross_entropy(output, batch.labels);
}

namespace detail {

Var loss_of(std::string_view where, const Loss& loss, const Var& output, const data::Batch& batch,
            const data::Dataset& dataset) {
  if (!loss) {
    expect_output(where, output.shape(), dataset);
    return default_loss(output, batch);
  }
  Var value = loss(output, batch);
  if (value.value().size() != 1)
    fail_usage(where, "the loss is ", to_string(value.shape()),
               ", expected one number. Hint: mean(…).");
  return value;
}

}  // namespace detail
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
