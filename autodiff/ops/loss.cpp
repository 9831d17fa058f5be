// Losses: one number for a batch, as a fused operation.
#include <reel/autodiff/ops.h>
#include <reel/autodiff/tape.h>

namespace reel::inline REEL_PRECISION {
namespace {

Real weight_of(Reduction reduction, std::size_t count, const char* operation) {
  if (reduction == Reduction::sum) return 1;
  if (count == 0) fail_usage(operation, "the mean over an empty batch is undefined.");
  return Real(1) / Real(count);
}

Tensor one_hot(const Labels& labels, std::size_t classes) {
  Tensor result = zeros({labels.size(), classes});
  for (std::size_t i = 0; i < labels.size(); ++i)
    result(i, static_cast<std::size_t>(labels[i])) = 1;
  return result;
}

}  // namespace

// L = w·Σ (logsumexp(x) − x[label]): ∂x = w·(softmax(x) − one_hot), w = 1/batch or 1
Var softmax_cross_entropy(const Var& logits, std::span<const Label> labels, Reduction reduction) {
  const Tensor& x = logits.value();
  if (x.dimension() != 2)
    fail_usage("softmax_cross_entropy", "takes logits (batch,classes), got ", to_string(x.shape()),
               '.');
  const std::size_t batch = x.shape()[0], classes = x.shape()[1];
  if (labels.size() != batch)
    fail_usage("softmax_cross_entropy", labels.size(), " labels for logits ", to_string(x.shape()),
               '.');
  for (std::size_t i = 0; i < batch; ++i)
    if (labels[i] < 0 || static_cast<std::size_t>(labels[i]) >= classes)
      fail_usage("softmax_cross_entropy", "label ", labels[i], " at ", i, " is not one of ",
                 classes, " classes.");
  const Real weight = weight_of(reduction, batch, "softmax_cross_entropy");
  const auto at_label = [&](Tensor& t, std::size_t i) -> Real& {
    return t.data()[i * classes + static_cast<std::size_t>(labels[i])];
  };
  Tensor delta = shift_by_max(x);
  Real loss = 0;
  for (std::size_t i = 0; i < batch; ++i) loss -= at_label(delta, i);
  delta = evaluate(xt::exp(delta));
  const Tensor totals = reel::sum(delta, 1);
  loss += item(reel::sum(evaluate(xt::log(totals))));
  for (std::size_t i = 0; i < batch; ++i) {
    const Real scale = weight / totals.data()[i];
    for (std::size_t c = 0; c < classes; ++c) delta.data()[i * classes + c] *= scale;
    at_label(delta, i) -= weight;
  }
  return record("softmax_cross_entropy", {logits}, scalar(weight * loss),
                [delta = SharedTensor(std::move(delta)), weight, classes,
                 labels = Labels(labels.begin(), labels.end())](auto& d, auto& g, auto in, auto&) {
                  d.add(0, d.factor(g) * d.known(delta, [&] {
                    return weight * (reel::softmax(in[0]) - one_hot(labels, classes));
                  }));
                });
}

// L = w·Σ (p − t)²: ∂p = 2w(p − t), ∂t = −∂p
Var squared_error(const Var& prediction, const Var& target, Reduction reduction) {
  const Tensor& p = prediction.value();
  const Tensor& t = target.value();
  if (p.shape() != t.shape())
    fail_usage("squared_error", "prediction ", to_string(p.shape()), " and target ",
               to_string(t.shape()), " differ in shape.");
  const Real weight = weight_of(reduction, p.size(), "squared_error");
  const Tensor loss = reel::sum(evaluate(xt::square(p - t)));
  return record("squared_error", {prediction, target}, weight * loss,
                [weight](auto& d, auto& g, auto in, auto&) {
                  d.add(0, d.factor(g) * (Real(2) * weight) * (in[0] - in[1]));
                  d.add(1, d.factor(g) * (Real(2) * weight) * (in[1] - in[0]));
                });
}

}  // namespace reel::inline REEL_PRECISION
