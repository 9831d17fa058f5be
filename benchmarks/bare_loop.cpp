// Gather, forward, backward and update as loops.
#include "bare_loop.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>
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
  const float largest = std::numeric_limits<float>::max() / static_cast<float>(2 * classes);
  float product = 1;  // of the totals, whose logarithms are to be added
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
                   std::span<const float> parameters, Workers& workers)
    : widths_(std::move(widths)),
      method_(method),
      lr_(lr),
      buffers_(workers.count()),
      workers_(workers),
      differentiated_(workers.count()),
      updated_(workers.count()) {
  by_columns_ = widths_[0] / least_columns >= workers.count() && widths_[1] <= narrow_outputs &&
                widths_[0] * widths_[1] <= batch * (widths_[0] + widths_[1]);
  std::size_t start = 0;
  for (std::size_t l = 0; l + 1 < widths_.size(); ++l) {
    const std::size_t in = widths_[l], out = widths_[l + 1];
    weights_.push_back(start);
    start += ((in + 1) * out + line - 1) / line * line;
    in_rows_.push_back(batch / workers.count() * (in + out) < in * out);
    shared_.push_back(workers.count() > 1 && batch * (in + out) < in * out);
  }
  gradient_ = zeros({batch, widths_[1]});
  parameters_ = zeros({start});
  m_ = zeros({method == Method::sgd ? 0 : start});
  v_ = zeros({method == Method::adam ? start : 0});
  for (std::size_t l = 0; l < weights_.size(); ++l) {
    const std::size_t count = (widths_[l] + 1) * widths_[l + 1];
    std::copy_n(parameters.data(), count, parameters_.data() + weights_[l]);
    parameters = parameters.subspan(count);
  }
  for (std::size_t w = 0; w < buffers_.size(); ++w) {
    Buffers& own = buffers_[w];
    const std::size_t samples = (batch + workers.count() - 1) / workers.count();
    if (by_columns_) {
      const Share part = columns(w);
      own.product = zeros({batch, widths_[1]});
      own.weight = zeros({widths_[1], part.size()});
      for (std::size_t i = 0; i < widths_[1]; ++i)
        std::copy_n(parameters_.data() + i * widths_[0] + part.begin, part.size(),
                    own.weight.data() + i * part.size());
    } else {
      for (Tensor& images : own.images) images = zeros({samples, widths_[0]});
    }
    for (const std::size_t width : widths_) {
      own.values.push_back(zeros({samples, width}));
      own.deltas.push_back(zeros({samples, width}));
      own.by_input.push_back(own.values.back().data());
    }
    own.by_output.resize(weights_.size());
    own.gradient = zeros({start});
    own.rows = zeros({block, *std::max_element(widths_.begin(), widths_.end())});
    own.labels.resize(samples);
  }
}

float BareLoop::epoch(const data::Batches& batches) {
  float loss = 0;
  const auto begin_update = [&] {
    ++t_;
    root_ = std::sqrt(1 - std::pow(beta2, static_cast<float>(t_)));
    rate_ = lr_ / (1 - std::pow(beta1, static_cast<float>(t_))) * root_;
    for (const Buffers& own : buffers_) loss += own.loss;
  };
  workers_.run([&](std::size_t w) {
    const FlushSubnormals flush;
    Buffers& own = buffers_[w];
    Barrier::Round round = 0;
    for (std::size_t i = 0; i < batches.count(); ++i) {
      own.by_input[0] = own.images[in_rows_[0] ? i % 2 : 0].data();  // others may need those before
      gather(batches.dataset(), batches.rows(i), own, w);
      if (i > 0) updated_.wait(round);
      forward(own, w);
      backward(own, 1 / static_cast<float>(batches.rows(i).size()));
      differentiated_.wait(differentiated_.arrive(begin_update));
      update_part(w);
      round = updated_.arrive([] {});
    }
    updated_.wait(round);
  });
  return loss / static_cast<float>(batches.count());
}

void BareLoop::gather(const data::Dataset& dataset, std::span<const std::uint32_t> rows,
                      Buffers& own, std::size_t worker) {
  const Share share = share_of(rows.size(), worker, workers_.count());
  own.first = share.begin;
  own.samples = share.size();
  const std::span<Label> labels(own.labels.data(), own.samples);
  if (!by_columns_) {
    float* const images = const_cast<float*>(own.by_input[0]);
    return dataset.gather(rows.subspan(share.begin, share.size()),
                          {images, own.samples * widths_[0]}, labels);
  }
  dataset.locate(rows, own.stored);
  stored_product(own.stored, columns(worker), own.weight.data(), widths_[1], own.product.data());
  dataset.gather(rows.subspan(share.begin, share.size()), labels);
}

// The scores, without the bias of the last layer.
void BareLoop::forward(Buffers& own, std::size_t worker) {
  const std::size_t samples = own.samples, layers = weights_.size();
  for (std::size_t l = 0; l < layers; ++l) {  // h = max(0, x·Wᵀ + b); no max in the last layer
    const std::size_t in = widths_[l], out = widths_[l + 1];
    const float* w = parameters_.data() + weights_[l];
    float* h = own.values[l + 1].data();
    if (l == 0 && by_columns_) {
      meet(updated_);
      std::fill_n(h, samples * out, 0.0f);
      for (const Buffers& of : buffers_)
        add_rows(of.product.data() + own.first * out, 1, samples * out, 0, h);
    } else if (shared_[l]) {
      const Share rows = share_of(out, worker, buffers_.size());
      meet(updated_);
      for (Buffers& of : buffers_)
        raw_gemm(false, true, of.samples, rows.size(), in, of.by_input[l], in, w + rows.begin * in,
                 in, 0, of.values[l + 1].data() + rows.begin, out);
      meet(updated_);
    } else {
      raw_gemm(false, true, samples, out, in, own.by_input[l], in, w, in, 0, h, out);
    }
    const float* b = w + out * in;
    if (l + 1 == layers) break;
    for (std::size_t i = 0; i < samples; ++i, h += out)
      for (std::size_t j = 0; j < out; ++j) h[j] = std::max(0.0f, h[j] + b[j]);
  }
}

void BareLoop::backward(Buffers& own, float weight) {
  const std::size_t samples = own.samples, layers = weights_.size();
  const std::size_t last = weights_.back() + widths_[layers - 1] * widths_[layers];
  Tensor& scores = own.values[layers];
  own.loss = softmax_cross_entropy(scores, parameters_.data() + last, own.labels, samples,
                                   widths_[layers], weight);
  const float* delta = scores.data();
  for (std::size_t l = layers; l-- > 0;) {
    const std::size_t in = widths_[l], out = widths_[l + 1];
    own.by_output[l] = delta;
    if (l == 0 && by_columns_)
      std::copy_n(delta, samples * out, gradient_.data() + own.first * out);
    else if (!in_rows_[l])
      raw_gemm(true, false, out, in, samples, delta, out, own.by_input[l], in, 0,
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

// The rows of each weight that are this worker's, block by block.
void BareLoop::update_part(std::size_t worker) {
  if (by_columns_) update_columns(buffers_[worker], worker);
  for (std::size_t l = 0; l < weights_.size(); ++l) {
    const Share rows = share_of(widths_[l + 1], worker, workers_.count());
    const std::size_t blocks = (rows.size() + block - 1) / block;
    for (std::size_t i = 0; i < blocks; ++i) {
      const Share part = share_of(rows.size(), i, blocks);
      update_rows(l, rows.begin + part.begin, part.size(), buffers_[worker]);
    }
  }
}

// Of the first weight.
void BareLoop::update_columns(Buffers& own, std::size_t worker) {
  const Share part = columns(worker);
  const std::size_t in = widths_[0], out = widths_[1], width = part.size();
  prefetch(gradient_.data(), own.stored.size() * out * sizeof(float));
  stored_gradient(own.stored, part, gradient_.data(), out, out, own.gradient.data());
  for (std::size_t i = 0; i < out; ++i)
    update(i * in + part.begin, width, own.weight.data() + i * width,
           own.gradient.data() + i * width);
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
    if (in_rows_[l] && !(l == 0 && by_columns_))
      raw_gemm(true, false, rows, in, from.samples, delta, out, from.by_input[l], in, w > 0,
               own.rows.data(), in);
  }
  // with a crew row by row: the others have written their gradients and read the parameters, so ask
  // for the next row ahead
  const std::size_t at_once = crew > 1 ? in : rows * in;
  const std::size_t count = l == 0 && by_columns_ ? 0 : rows * in;
  for (std::size_t i = 0; i < count; i += at_once) {
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
    update(start + i, at_once, parameters_.data() + start + i, gradient);
  }
  const std::size_t bias = weights_[l] + out * in + row;
  update(bias, rows, parameters_.data() + bias, by_bias.data());
}

void BareLoop::update(std::size_t start, std::size_t count, float* p, const float* g) {
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
