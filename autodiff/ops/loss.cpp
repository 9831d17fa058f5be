// Losses: one number for a batch. The losses that training uses most are fused operations.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <xsimd/xsimd.hpp>
#include <xtensor/xstorage.hpp>

#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/activation.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/loss.h>
#include <reel/autodiff/ops/piecewise.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/autodiff/ops/selection.h>
#include <reel/autodiff/tensor/transpose.h>

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

void check_labels(const char* where, const Shape& shape, std::span<const Label> labels,
                  std::optional<Label> ignored) {
  if (shape.size() != 2)
    fail_usage(where, "takes one row a sample, (batch,classes), got ", to_string(shape), '.');
  if (labels.size() != shape[0])
    fail_usage(where, labels.size(), " labels for rows ", to_string(shape), '.');
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] != ignored && (labels[i] < 0 || static_cast<std::size_t>(labels[i]) >= shape[1]))
      fail_usage(where, "label ", labels[i], " at ", i, " is not one of ", shape[1], " classes.");
}

// The weight of each −log p, (batch, classes), so that the loss is the weighted sum: s[i]·((1 −
// ε)·w[label]·[c = label] + ε/classes·w[c]) / Σ s[i]·w[label], with the weights w of the classes
// and s of the samples; the divisor is 1 for a sum.
Tensor target_weights(const char* where, const Shape& shape, std::span<const Label> labels,
                      const CrossEntropyOptions& options) {
  check_labels(where, shape, labels, options.ignored);
  const std::size_t classes = shape[1];
  const Real smoothing = options.label_smoothing;
  if (!(smoothing >= 0 && smoothing <= 1))
    fail_usage(where, "label smoothing ", smoothing, " is not within 0 and 1.");
  const Tensor& given = options.class_weights;
  const bool weighted = given.dimension() > 0;
  if (weighted && given.shape() != Shape{classes})
    fail_usage(where, "class weights ", to_string(given.shape()), " for ", classes, " classes.");
  const Tensor& of_samples = options.sample_weights;
  const bool samples_weighted = of_samples.dimension() > 0;
  if (samples_weighted && of_samples.shape() != Shape{labels.size()})
    fail_usage(where, "sample weights ", to_string(of_samples.shape()), " for ", labels.size(),
               " samples.");
  const Tensor weight = weighted ? given : full({classes}, 1);
  Tensor result = zeros(shape);
  Real total = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == options.ignored) continue;
    const auto label = static_cast<std::size_t>(labels[i]);
    const Real sample = samples_weighted ? of_samples(i) : Real(1);
    Real* row = result.data() + i * classes;
    for (std::size_t c = 0; c < classes; ++c)
      row[c] = sample * (smoothing / Real(classes) * weight(c));
    row[label] += sample * ((1 - smoothing) * weight(label));
    total += sample * weight(label);
  }
  if (options.reduction == Reduction::sum) return result;
  if (total == 0)
    fail_usage(where, "all labels are ignored or have weight 0, so there is no mean.");
  return evaluate(result / total);
}

// −Σ weight·log p; a term with weight 0 is 0 even if log p is −∞.
Var weighted(const Var& log_p, const SharedTensor& weights) {
  return -sum(where(*weights, log_p, Real(0)) * Var(weights));
}

// The sum of the elements, or their mean.
Var reduced(const Var& losses, Reduction reduction, const char* operation) {
  const Real weight = weight_of(reduction, losses.value().size(), operation);
  return reduction == Reduction::sum ? sum(losses) : weight * sum(losses);
}

void check_same_shape(const char* where, const Var& prediction, const Var& target) {
  if (prediction.shape() != target.shape())
    fail_usage(where, "prediction ", to_string(prediction.shape()), " and target ",
               to_string(target.shape()), " differ in shape.");
}

// Writes y = w·softmax(x) for some rows of x (batch, classes), and returns Σ logsumexp(x) −
// x[label] of these rows. It processes as many rows at a time as a vector has lanes.
Real cross_entropy(const Tensor& x, Range rows, std::span<const Label> labels, Real w, Tensor& y) {
  using Vector = xsimd::batch<Real>;
  constexpr std::size_t width = Vector::size;
  const std::size_t classes = x.shape()[1];
  // Σ log total is computed as the logarithm of a product, which is faster, while the product does
  // not overflow.
  const Vector largest_product(std::numeric_limits<Real>::max() / (2 * Real(classes) + 1));
  xt::uvector<Real, memory::Allocator<Real>> columns(classes * width);
  alignas(64) std::array<Real, width> at_label, totals;
  Real* const end = columns.data() + classes * width;
  std::fill(columns.data(), end, Real(0));
  Vector loss(0), product(1);
  for (std::size_t first = rows.begin; first < rows.end; first += width) {
    const std::size_t count = std::min(width, rows.end - first), start = first * classes;
    raw_transpose(x.data() + start, classes, count, classes, columns.data(), width);
    Vector peak(-std::numeric_limits<Real>::infinity()), total(0);
    for (Real* c = columns.data(); c != end; c += width)
      peak = xsimd::max(peak, Vector::load_aligned(c));
    peak = xsimd::select(xsimd::isinf(peak), Vector(0), peak);
    for (Real* c = columns.data(); c != end; c += width) {
      const Vector exponential = xsimd::exp(Vector::load_aligned(c) - peak);
      total += exponential;
      exponential.store_aligned(c);
    }
    const Vector scale = w / total;
    for (Real* c = columns.data(); c != end; c += width)
      (Vector::load_aligned(c) * scale).store_aligned(c);
    raw_transpose(columns.data(), width, classes, count, y.data() + start, classes);
    peak.store_aligned(at_label.data());  // for lanes without a row
    for (std::size_t i = 0; i < count; ++i)
      at_label[i] = x.data()[start + i * classes + static_cast<std::size_t>(labels[first + i])];
    loss += peak - Vector::load_aligned(at_label.data());
    total.store_aligned(totals.data());
    std::fill(totals.begin() + count, totals.end(), Real(1));
    product *= Vector::load_aligned(totals.data());
    if (!xsimd::all(product < largest_product)) {
      loss += xsimd::log(product);
      product = Vector(1);
    }
  }
  (loss + xsimd::log(product)).store_aligned(totals.data());  // xsimd renamed its own sum
  return std::accumulate(totals.begin(), totals.end(), Real(0));
}

// The same for all rows.
Real cross_entropy(const Tensor& x, std::span<const Label> labels, Real w, Tensor& y) {
  constexpr std::size_t numbers_at_once = 1 << 13;  // takes about ten microseconds
  constexpr std::size_t width = xsimd::batch<Real>::size;
  y = uninitialized(x.shape());
  return parallel_sum(labels.size(), std::max(width, numbers_at_once / x.shape()[1]),
                      [&](Range rows) { return cross_entropy(x, rows, labels, w, y); });
}

}  // namespace

// L = w·Σ (logsumexp(x) − x[label]): ∂x = w·(softmax(x) − one_hot), w = 1/batch or 1
Var softmax_cross_entropy(const Var& logits, std::span<const Label> labels, Reduction reduction) {
  const Tensor& x = logits.value();
  check_labels("softmax_cross_entropy", x.shape(), labels, {});
  const std::size_t batch = x.shape()[0], classes = x.shape()[1];
  const Real weight = weight_of(reduction, batch, "softmax_cross_entropy");
  Tensor delta;
  const Real loss = cross_entropy(x, labels, weight, delta);
  for (std::size_t i = 0; i < batch; ++i)
    delta.data()[i * classes + static_cast<std::size_t>(labels[i])] -= weight;
  return record("softmax_cross_entropy", {logits}, SharedTensor::full({}, weight * loss),
                [delta = SharedTensor(std::move(delta)), weight, classes,
                 labels = Labels(labels.begin(), labels.end())](auto& d, auto& g, auto in, auto&) {
                  d.add(0, d.factor(g) * d.saved(delta, [&] {
                    return weight * (reel::softmax(in[0]) - one_hot(labels, classes));
                  }));
                });
}

Var softmax_cross_entropy(const Var& logits, std::span<const Label> labels,
                          const CrossEntropyOptions& options) {
  const SharedTensor weights =
      target_weights("softmax_cross_entropy", logits.shape(), labels, options);
  return weighted(log_softmax(logits), weights);
}

Var negative_log_likelihood(const Var& log_probabilities, std::span<const Label> labels,
                            const CrossEntropyOptions& options) {
  const SharedTensor weights =
      target_weights("negative_log_likelihood", log_probabilities.shape(), labels, options);
  return weighted(log_probabilities, weights);
}

// −log σ(x) = softplus(−x) and −log(1 − σ(x)) = softplus(x): each keeps its digits in its tail
Var binary_cross_entropy(const Var& logits, const Var& target, Reduction reduction) {
  check_same_shape("binary_cross_entropy", logits, target);
  return reduced(target * softplus(-logits) + (Real(1) - target) * softplus(logits), reduction,
                 "binary_cross_entropy");
}

// L = w·Σ (p − t)²: ∂p = 2w(p − t), ∂t = −∂p
Var squared_error(const Var& prediction, const Var& target, Reduction reduction) {
  const Tensor& p = prediction.value();
  const Tensor& t = target.value();
  check_same_shape("squared_error", prediction, target);
  const Real weight = weight_of(reduction, p.size(), "squared_error");
  const Tensor loss = reel::sum(evaluate(xt::square(p - t)));
  return record("squared_error", {prediction, target}, weight * loss,
                [weight](auto& d, auto& g, auto in, auto&) {
                  d.add(0, d.factor(g) * (Real(2) * weight) * (in[0] - in[1]));
                  d.add(1, d.factor(g) * (Real(2) * weight) * (in[1] - in[0]));
                });
}

Var absolute_error(const Var& prediction, const Var& target, Reduction reduction) {
  check_same_shape("absolute_error", prediction, target);
  return reduced(abs(prediction - target), reduction, "absolute_error");
}

// Let c be e = p − t clipped to [−δ, δ]. Then c(e − c/2) is ½e² inside and δ(|e| − ½δ) outside.
Var huber(const Var& prediction, const Var& target, Real delta, Reduction reduction) {
  check_same_shape("huber", prediction, target);
  if (!(delta > 0)) fail_usage("huber", "delta ", delta, " is not above 0.");
  const Var e = prediction - target, c = clip(e, -delta, delta);
  return reduced(c * (e - Real(0.5) * c), reduction, "huber");
}

Var kl_divergence(const Var& log_prediction, const Var& target, Reduction reduction) {
  check_same_shape("kl_divergence", log_prediction, target);
  if (target.shape().empty())
    fail_usage("kl_divergence", "takes a last axis to sum, got a number.");
  const Var log_target = log(target + is_zero(target));
  return reduced(sum(target * (log_target - log_prediction), -1), reduction, "kl_divergence");
}

Var hinge(const Var& prediction, const Var& target, Reduction reduction) {
  check_same_shape("hinge", prediction, target);
  return reduced(relu(Real(1) - target * prediction), reduction, "hinge");
}

}  // namespace reel::inline REEL_PRECISION
