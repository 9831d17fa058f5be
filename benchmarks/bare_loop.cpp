// Gather, forward, backward and update as loops.
#include "bare_loop.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <xtensor/xnoalias.hpp>

#include <reel/autodiff/core/prefetch.h>
#include <reel/autodiff/core/subnormals.h>
#include <reel/autodiff/gemm.h>

namespace reel::inline REEL_PRECISION {
namespace {

constexpr float mu = 0.9f, beta1 = 0.9f, beta2 = 0.999f, eps = 1e-8f;
constexpr std::size_t block = 64;  // rows of a weight whose gradient stays in the cache

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

// sum (columns) += the rows of x, each `stride` after the one before
void add_rows(const float* x, std::size_t rows, std::size_t columns, std::size_t stride,
              float* sum) {
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) sum[j] += x[i * stride + j];
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
      workers_(workers),
      barrier_(workers.count()) {
  std::size_t start = 0;
  for (std::size_t l = 0; l + 1 < widths_.size(); ++l) {
    const std::size_t in = widths_[l], out = widths_[l + 1];
    weights_.push_back(start);
    start += (in + 1) * out;
    in_rows_.push_back(batch / workers.count() * (in + out) < in * out);
    shared_.push_back(workers.count() > 1 && batch * (in + out) < in * out);
  }
  for (std::size_t w = 0; w < workers.count(); ++w) {
    const std::size_t samples = (batch + workers.count() - 1) / workers.count();
    for (const std::size_t width : widths_) {
      buffers_[w].values.push_back(zeros({samples, width}));
      buffers_[w].deltas.push_back(zeros({samples, width}));
    }
    buffers_[w].by_output.resize(weights_.size());
    buffers_[w].gradient = zeros({parameters_.size()});
    buffers_[w].rows = zeros({block, *std::max_element(widths_.begin(), widths_.end())});
    buffers_[w].labels.resize(samples);
  }
}

float BareLoop::step(const data::Batches& batches, std::size_t index) {
  ++t_;
  root_ = std::sqrt(1 - std::pow(beta2, static_cast<float>(t_)));
  rate_ = lr_ / (1 - std::pow(beta1, static_cast<float>(t_))) * root_;
  const data::Dataset& images = batches.dataset();
  const auto rows_of = [&](std::size_t batch, std::size_t w) {
    const auto rows = batches.rows(batch);
    const Share share = share_of(rows.size(), w, workers_.count());
    return rows.subspan(share.begin, share.size());
  };
  workers_.run([&](std::size_t w) {
    const FlushSubnormals flush;
    const auto rows = rows_of(index, w);
    Buffers& own = buffers_[w];
    own.samples = rows.size();
    images.gather(rows, {own.values[0].data(), rows.size() * widths_[0]},
                  {own.labels.data(), rows.size()});
    forward(own, w);
    backward(own, 1 / static_cast<float>(batches.rows(index).size()));
    const auto round = barrier_.arrive([] {});
    if (index + 1 < batches.count()) images.prefetch(rows_of(index + 1, w));
    barrier_.wait(round);
    for (std::size_t l = 0; l < weights_.size(); ++l) {
      const Share rows_of_weight = share_of(widths_[l + 1], w, workers_.count());
      const std::size_t blocks = (rows_of_weight.size() + block - 1) / block;
      for (std::size_t i = 0; i < blocks; ++i) {
        const Share part = share_of(rows_of_weight.size(), i, blocks);
        update_rows(l, rows_of_weight.begin + part.begin, part.size(), buffers_[w]);
      }
    }
  });
  float loss = 0;
  for (const Buffers& own : buffers_) loss += own.loss;
  return loss;
}

// The scores, without the bias of the last layer.
void BareLoop::forward(Buffers& own, std::size_t worker) {
  const std::size_t samples = own.samples, layers = weights_.size();
  for (std::size_t l = 0; l < layers; ++l) {  // h = max(0, x·Wᵀ + b); no max in the last layer
    const std::size_t in = widths_[l], out = widths_[l + 1];
    const float* w = parameters_.data() + weights_[l];
    float* h = own.values[l + 1].data();
    if (shared_[l]) {
      const Share rows = share_of(out, worker, buffers_.size());
      meet();
      for (Buffers& of : buffers_)
        raw_gemm(false, true, of.samples, rows.size(), in, of.values[l].data(), in,
                 w + rows.begin * in, in, 0, of.values[l + 1].data() + rows.begin, out);
      meet();
    } else {
      raw_gemm(false, true, samples, out, in, own.values[l].data(), in, w, in, 0, h, out);
    }
    const float* b = w + out * in;
    if (l + 1 == layers) break;
    for (std::size_t i = 0; i < samples; ++i, h += out)
      for (std::size_t j = 0; j < out; ++j) h[j] = std::max(0.0f, h[j] + b[j]);
  }
}

void BareLoop::backward(Buffers& own, float weight) const {
  const std::size_t samples = own.samples, layers = weights_.size();
  const std::size_t last = weights_.back() + widths_[layers - 1] * widths_[layers];
  Tensor& scores = own.values[layers];
  own.loss = softmax_cross_entropy(scores, parameters_.data() + last, own.labels, samples,
                                   widths_[layers], weight);
  const float* delta = scores.data();
  for (std::size_t l = layers; l-- > 0;) {
    const std::size_t in = widths_[l], out = widths_[l + 1];
    own.by_output[l] = delta;
    if (!in_rows_[l])
      raw_gemm(true, false, out, in, samples, delta, out, own.values[l].data(), in, 0,
               own.gradient.data() + weights_[l], in);
    if (l == 0) break;
    float* below = own.deltas[l].data();
    const float* h = own.values[l].data();
    raw_gemm(false, false, samples, in, out, delta, out, parameters_.data() + weights_[l], in, 0,
             below, in);
    for (std::size_t i = 0; i < samples * in; ++i) below[i] = h[i] > 0 ? below[i] : 0;
    delta = below;
  }
}

// Rows of layer l's weight and numbers of its bias, from the samples of all workers.
void BareLoop::update_rows(std::size_t l, std::size_t row, std::size_t rows, Buffers& own) {
  const std::size_t in = widths_[l], out = widths_[l + 1], start = weights_[l] + row * in;
  const std::size_t crew = buffers_.size();
  std::array<float, block> by_bias{};
  for (std::size_t w = 0; w < crew; ++w) {
    const Buffers& from = buffers_[w];
    const float* delta = from.by_output[l] + row;
    add_rows(delta, from.samples, rows, out, by_bias.data());
    if (in_rows_[l])
      raw_gemm(true, false, rows, in, from.samples, delta, out, from.values[l].data(), in, w > 0,
               own.rows.data(), in);
  }
  // with a crew row by row: the others have written their gradients and read the parameters, so ask
  // for the next row ahead
  const std::size_t at_once = crew > 1 ? in : rows * in;
  for (std::size_t i = 0; i < rows * in; i += at_once) {
    const bool more = i + at_once < rows * in;
    if (more) prefetch_to_write(parameters_.data() + start + i + at_once, at_once * sizeof(float));
    const float* gradient = own.rows.data() + i;
    for (std::size_t w = 0; w < crew && !in_rows_[l]; ++w) {
      const float* from = buffers_[w].gradient.data() + start + i;
      if (more) prefetch(from + at_once, at_once * sizeof(float));
      if (crew == 1)
        gradient = from;
      else if (w == 0)
        std::copy_n(from, at_once, own.rows.data() + i);
      else
        add_rows(from, 1, at_once, 0, own.rows.data() + i);
    }
    update(start + i, at_once, gradient);
  }
  update(weights_[l] + out * in + row, rows, by_bias.data());
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
