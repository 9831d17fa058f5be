// Chooses a loss by the targets, and checks that it fits.
#include <reel/train/loss.h>

#include <utility>

#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/reduction.h>

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

// Whether a sample has a weight above 0; its class may have the weight 0 too. A label that is no
// class counts, so that the loss refuses it.
bool has_weight(const data::Batch& batch, const CrossEntropyOptions& options) {
  const Tensor& of_classes = options.class_weights;
  const bool classes_weighted = of_classes.dimension() > 0;
  for (std::size_t i = 0; i < batch.labels.size(); ++i) {
    const auto label = static_cast<std::size_t>(batch.labels[i]);
    if (batch.labels[i] == options.ignored) continue;
    if (batch.weights && batch.weights->data()[i] == 0) continue;
    if (!classes_weighted || label >= of_classes.size() || of_classes.data()[label] != 0)
      return true;
  }
  return false;
}

// The sum of weight·loss over the samples divided by the total weight.
Var weighted_cross_entropy(const Var& scores, const data::Batch& batch,
                           CrossEntropyOptions options) {
  if (batch.weights) options.sample_weights = *batch.weights;
  if (!has_weight(batch, options)) {
    options.reduction = Reduction::sum;
    options.sample_weights = zeros({batch.labels.size()});
  }
  return softmax_cross_entropy(scores, batch.labels, options);
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
  return batch.weights ? weighted_cross_entropy(output, batch, {})
                       : softmax_cross_entropy(output, batch.labels);
}

Loss cross_entropy_loss(CrossEntropyOptions options) {
  if (options.sample_weights.dimension() > 0)
    fail_usage("cross_entropy_loss",
               "sample_weights are given. Hint: they belong to the data set: "
               "dataset.weighted(weights).");
  if (options.reduction != Reduction::mean)
    fail_usage("cross_entropy_loss", "the reduction is a sum, expected the mean over a batch.");
  return [options = std::move(options)](const Var& output, const data::Batch& batch) {
    if (batch.labels.empty()) fail_usage("cross_entropy_loss", "the batch has no labels.");
    return weighted_cross_entropy(output, batch, options);
  };
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
