// Gather, forward, backward and update as loops.
#include "bare_loop.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <xtensor/xnoalias.hpp>

#include <reel/autodiff/core/subnormals.h>
#include <reel/autodiff/gemm.h>

namespace reel::inline REEL_PRECISION {
namespace {

// c (m, n) = op(a)·op(b)
void product(bool ta, bool tb, std::size_t m, std::size_t n, std::size_t k, const float* a,
             const float* b, float* c) {
  raw_gemm(ta, tb, m, n, k, a, ta ? m : k, b, tb ? k : n, 0, c);
}

// s = (softmax(s + b) − one_hot)·weight for each row, the gradient by the scores; the loss
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
  for (std::size_t i = 0; i < rows; ++i) {
    float* s = scores.data() + i * classes;
    float total = 0;
    for (std::size_t j = 0; j < classes; ++j) total += s[j];
    loss += std::log(total);
    const float scale = weight / total;
    for (std::size_t j = 0; j < classes; ++j) s[j] *= scale;
    s[labels[i]] -= weight;
  }
  return loss * weight;
}

void sum_rows(const float* x, std::size_t rows, std::size_t columns, float* sum) {
  std::fill(sum, sum + columns, 0.0f);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) sum[j] += x[i * columns + j];
}

}  // namespace

Method method_by_name(const std::string& name) {
  if (name == "sgd") return Method::sgd;
  if (name == "momentum") return Method::momentum;
  if (name == "adam") return Method::adam;
  throw std::invalid_argument("unknown optimizer " + name);
}

BareLoop::BareLoop(std::vector<std::size_t> widths, std::size_t batch, Method method, float lr,
                   std::vector<float> parameters, Workers& workers)
    : widths_(std::move(widths)),
      method_(method),
      lr_(lr),
      parameters_(std::move(parameters)),
      m_(method == Method::sgd ? 0 : parameters_.size()),
      v_(method == Method::adam ? parameters_.size() : 0),
      buffers_(workers.count()),
      workers_(workers) {
  std::size_t start = 0;
  for (std::size_t l = 0; l + 1 < widths_.size(); ++l) {
    weights_.push_back(start);
    start += (widths_[l] + 1) * widths_[l + 1];
  }
  for (std::size_t w = 0; w < workers.count(); ++w) {
    const std::size_t samples = share_of(batch, w, workers.count()).size();
    for (const std::size_t width : widths_) {
      buffers_[w].values.push_back(zeros({samples, width}));
      buffers_[w].deltas.push_back(zeros({samples, width}));
    }
    buffers_[w].gradient = zeros({parameters_.size()});
    buffers_[w].labels.resize(samples);
  }
}

float BareLoop::step(const data::Dataset& images, std::span<const std::uint32_t> rows) {
  ++t_;
  workers_.run([&](std::size_t w) {
    const FlushSubnormals flush;
    const Share share = share_of(rows.size(), w, workers_.count());
    Buffers& own = buffers_[w];
    images.gather(rows.subspan(share.begin, share.size()),
                  {own.values[0].data(), share.size() * widths_[0]},
                  {own.labels.data(), share.size()});
    differentiate(own, share.size(), 1 / static_cast<float>(rows.size()));
  });
  workers_.run([&](std::size_t w) {
    const FlushSubnormals flush;
    update(share_of(parameters_.size(), w, workers_.count(), 4096));
  });
  float loss = 0;
  for (const Buffers& own : buffers_) loss += own.loss;
  return loss;
}

void BareLoop::differentiate(Buffers& own, std::size_t samples, float weight) const {
  const std::size_t layers = weights_.size();
  for (std::size_t l = 0; l < layers; ++l) {  // h = max(0, x·Wᵀ + b); no max in the last layer
    const std::size_t in = widths_[l], out = widths_[l + 1];
    const float* w = parameters_.data() + weights_[l];
    float* h = own.values[l + 1].data();
    product(false, true, samples, out, in, own.values[l].data(), w, h);
    const float* b = w + out * in;
    if (l + 1 == layers) break;
    for (std::size_t i = 0; i < samples; ++i, h += out)
      for (std::size_t j = 0; j < out; ++j) h[j] = std::max(0.0f, h[j] + b[j]);
  }
  const std::size_t last = weights_.back() + widths_[layers - 1] * widths_[layers];
  Tensor& scores = own.values[layers];
  own.loss = softmax_cross_entropy(scores, parameters_.data() + last, own.labels, samples,
                                   widths_[layers], weight);
  const float* delta = scores.data();
  for (std::size_t l = layers; l-- > 0;) {
    const std::size_t in = widths_[l], out = widths_[l + 1];
    float* dw = own.gradient.data() + weights_[l];
    product(true, false, out, in, samples, delta, own.values[l].data(), dw);
    sum_rows(delta, samples, out, dw + out * in);
    if (l == 0) break;
    float* below = own.deltas[l].data();
    const float* h = own.values[l].data();
    product(false, false, samples, in, out, delta, parameters_.data() + weights_[l], below);
    for (std::size_t i = 0; i < samples * in; ++i) below[i] = h[i] > 0 ? below[i] : 0;
    delta = below;
  }
}

void BareLoop::update(Share part) {
  constexpr float mu = 0.9f, beta1 = 0.9f, beta2 = 0.999f, eps = 1e-8f;
  for (std::size_t w = 1; w < buffers_.size(); ++w)
    for (std::size_t i = part.begin; i < part.end; ++i)
      buffers_[0].gradient.data()[i] += buffers_[w].gradient.data()[i];
  const float* g = buffers_[0].gradient.data();
  float* p = parameters_.data();
  float* m = m_.data();
  float* v = v_.data();
  if (method_ == Method::sgd) {
    for (std::size_t i = part.begin; i < part.end; ++i) p[i] -= lr_ * g[i];
  } else if (method_ == Method::momentum) {
    for (std::size_t i = part.begin; i < part.end; ++i) {
      m[i] = mu * m[i] + g[i];
      p[i] -= lr_ * m[i];
    }
  } else {
    const float root = std::sqrt(1 - std::pow(beta2, static_cast<float>(t_)));
    const float rate = lr_ / (1 - std::pow(beta1, static_cast<float>(t_))) * root;
    for (std::size_t i = part.begin; i < part.end; ++i) {
      m[i] = beta1 * m[i] + (1 - beta1) * g[i];
      v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
      p[i] -= rate * m[i] / (std::sqrt(v[i]) + eps * root);
    }
  }
}

}  // namespace reel::inline REEL_PRECISION
