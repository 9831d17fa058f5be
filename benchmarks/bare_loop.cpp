// Gather, forward, backward and update as plain loops.
#include "bare_loop.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>
#include <xtensor/xnoalias.hpp>

#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/core/subnormals.h>
#include <reel/autodiff/tensor/gemm.h>

namespace reel::inline REEL_PRECISION {
namespace {

constexpr float mu = 0.9f, beta1 = 0.9f, beta2 = 0.999f, eps = 1e-8f;
constexpr std::size_t block = 64;  // rows of a weight whose gradient stays in the cache

// s = (softmax(s + b) − one_hot)·weight for each row, the gradient with respect to the scores;
// returns the loss
float softmax_cross_entropy(Tensor& scores, const float* b, const Labels& labels, std::size_t rows,
                            std::size_t classes, float weight) {
  float loss = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    float* s = scores.data() + i * classes;
    float peak = -INFINITY;
    for (std::size_t j = 0; j < classes; ++j) peak = std::max(peak, s[j] += b[j]);
    for (std::size_t j = 0; j < classes; ++j) s[j] -= peak;
    loss -= s[labels[i]];
  }
  xt::noalias(scores) = xt::exp(scores);
  const float largest = std::numeric_limits<float>::max() / static_cast<float>(2 * classes);
  float product = 1;  // of totals; their logarithms are added later
  for (std::size_t i = 0; i < rows; ++i) {
    float* s = scores.data() + i * classes;
    float total = 0;
    for (std::size_t j = 0; j < classes; ++j) total += s[j];
    product *= total;
    if (!(product < largest)) loss += std::log(std::exchange(product, 1.0f));
    const float scale = weight / total;
    for (std::size_t j = 0; j < classes; ++j) s[j] *= scale;
    s[labels[i]] -= weight;
  }
  loss += std::log(product);
  return loss * weight;
}

}  // namespace

Method method_by_name(const std::string& name) {
  if (name == "sgd") return Method::sgd;
  if (name == "momentum") return Method::momentum;
  if (name == "adam") return Method::adam;
  throw std::invalid_argument("unknown optimizer " + name);
}

BareLoop::BareLoop(std::vector<std::size_t> widths, std::size_t batch, Method method, float lr,
                   std::span<const float> parameters)
    : scores_(zeros({batch, widths.back()})), labels_(batch), method_(method), lr_(lr) {
  std::size_t start = 0;
  for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
    const std::size_t in = widths[l], out = widths[l + 1];
    layers_.push_back({{in, out}, start, zeros({batch, in}), zeros({batch, l > 0 ? in : 0})});
    start += (in + 1) * out;
  }
  parameters_ = zeros({start});
  std::copy_n(parameters.data(), start, parameters_.data());
  m_ = zeros({method == Method::sgd ? 0 : start});
  v_ = zeros({method == Method::adam ? start : 0});
}

float BareLoop::epoch(const data::Batches& batches) {
  const FlushSubnormals flush;
  float loss = 0;
  for (std::size_t i = 0; i < batches.count(); ++i) {
    const std::span<const std::uint32_t> rows = batches.rows(i);
    samples_ = rows.size();
    batches.dataset().gather(rows, {values(0), samples_ * layers_[0].widths.in},
                             std::span(labels_).first(samples_));
    forward();
    loss += backward();
    update();
  }
  return loss / static_cast<float>(batches.count());
}

// Computes the scores, without the bias of the last layer.
void BareLoop::forward() {
  for (std::size_t l = 0; l < layers_.size(); ++l) {  // h = max(0, x·Wᵀ + b); no max in the last
    const auto [in, out] = layers_[l].widths;
    const float* const w = parameters_.data() + layers_[l].start;
    const float* const b = w + out * in;
    float* h = values(l + 1);
    raw_gemm(false, true, samples_, out, in, values(l), in, w, in, 0, h, out);
    if (l + 1 == layers_.size()) break;
    for (std::size_t i = 0; i < samples_; ++i, h += out)
      for (std::size_t j = 0; j < out; ++j) h[j] = std::max(0.0f, h[j] + b[j]);
  }
}

// Computes, in place, the gradients with respect to the scores and to the inputs of all layers
// except the first; returns the loss.
float BareLoop::backward() {
  const Layer& last = layers_.back();
  const auto [last_in, classes] = last.widths;
  const float loss =
      softmax_cross_entropy(scores_, parameters_.data() + last.start + last_in * classes, labels_,
                            samples_, classes, 1 / static_cast<float>(samples_));
  for (std::size_t l = layers_.size(); --l > 0;) {
    const auto [in, out] = layers_[l].widths;
    float* const below = layers_[l].delta.data();
    const float* const h = values(l);
    raw_gemm(false, false, samples_, in, out, delta(l), out, parameters_.data() + layers_[l].start,
             in, 0, below, in);
    for (std::size_t i = 0; i < samples_ * in; ++i) below[i] = h[i] > 0 ? below[i] : 0;
  }
  return loss;
}

void BareLoop::update() {
  ++t_;
  root_ = std::sqrt(1 - std::pow(beta2, static_cast<float>(t_)));
  rate_ = lr_ / (1 - std::pow(beta1, static_cast<float>(t_))) * root_;
  for (std::size_t l = 0; l < layers_.size(); ++l)
    parallel_ranges(layers_[l].widths.out, block, [&](Range rows) { update_rows(l, rows); });
}

// Updates rows of layer l's weight and elements of its bias.
void BareLoop::update_rows(std::size_t l, Range rows) {
  const auto [in, out] = layers_[l].widths;
  const float* const g = delta(l) + rows.begin;
  thread_local Tensor gradient, by_bias;
  gradient.resize(Shape{rows.size(), in});
  raw_gemm(true, false, rows.size(), in, samples_, g, out, values(l), in, 0, gradient.data(), in);
  const std::size_t start = layers_[l].start;
  update(start + rows.begin * in, rows.size() * in, gradient.data());
  by_bias = zeros({rows.size()});
  for (std::size_t i = 0; i < samples_; ++i)
    for (std::size_t j = 0; j < rows.size(); ++j) by_bias[j] += g[i * out + j];
  update(start + out * in + rows.begin, rows.size(), by_bias.data());
}

void BareLoop::update(std::size_t start, std::size_t count, const float* g) {
  float* p = parameters_.data() + start;
  float* m = m_.data() + start;
  float* v = v_.data() + start;
  if (method_ == Method::sgd) {
    for (std::size_t i = 0; i < count; ++i) p[i] -= lr_ * g[i];
  } else if (method_ == Method::momentum) {
    for (std::size_t i = 0; i < count; ++i) {
      m[i] = mu * m[i] + g[i];
      p[i] -= lr_ * m[i];
    }
  } else {
    const float root = root_, rate = rate_;
    for (std::size_t i = 0; i < count; ++i) {
      m[i] = beta1 * m[i] + (1 - beta1) * g[i];
      v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
      p[i] -= rate * m[i] / (std::sqrt(v[i]) + eps * root);
    }
  }
}

}  // namespace reel::inline REEL_PRECISION
