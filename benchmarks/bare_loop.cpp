// Forward, backward and update as loops.
#include "bare_loop.h"

#include <algorithm>
#include <cmath>
#include <xtensor/xnoalias.hpp>

#include <reel/autodiff/gemm.h>

namespace reel::inline REEL_PRECISION {
namespace {

// c (m, n) = op(a)·op(b)
void product(bool ta, bool tb, std::size_t m, std::size_t n, std::size_t k, const float* a,
             const float* b, float* c) {
  raw_gemm(ta, tb, m, n, k, a, ta ? m : k, b, tb ? k : n, 0, c);
}

void descend(std::vector<float>& p, const float* g, float lr) {
  for (std::size_t i = 0; i < p.size(); ++i) p[i] -= lr * g[i];
}

}  // namespace

BareLoop::BareLoop(std::size_t inputs, std::size_t hidden, std::size_t classes, std::size_t batch,
                   Weights weights)
    : inputs_(inputs),
      hidden_(hidden),
      classes_(classes),
      batch_(batch),
      weights_(std::move(weights)),
      h_(zeros({batch, hidden})),
      scores_(zeros({batch, classes})),
      dh_(zeros({batch, hidden})),
      dw1_(zeros({hidden, inputs})),
      dw2_(zeros({classes, hidden})),
      db1_(hidden),
      db2_(classes) {}

float BareLoop::step(const data::Batch& batch, float lr) {
  const float* x = batch.images->data();
  const auto share = 1 / static_cast<float>(batch_);
  // h = max(0, x·W₁ᵀ + b₁); s = h·W₂ᵀ + b₂, less each row's maximum
  product(false, true, batch_, hidden_, inputs_, x, weights_.w1.data(), h_.data());
  for (std::size_t i = 0; i < batch_; ++i) {
    float* h = h_.data() + i * hidden_;
    for (std::size_t j = 0; j < hidden_; ++j) h[j] = std::max(0.0f, h[j] + weights_.b1[j]);
  }
  product(false, true, batch_, classes_, hidden_, h_.data(), weights_.w2.data(), scores_.data());
  float loss = 0;
  for (std::size_t i = 0; i < batch_; ++i) {
    float* s = scores_.data() + i * classes_;
    float peak = -INFINITY;
    for (std::size_t j = 0; j < classes_; ++j) peak = std::max(peak, s[j] += weights_.b2[j]);
    for (std::size_t j = 0; j < classes_; ++j) s[j] -= peak;
    loss -= s[batch.labels[i]];
  }
  // s = (softmax − one_hot)/batch, the gradient by the scores
  xt::noalias(scores_) = xt::exp(scores_);
  std::fill(db2_.begin(), db2_.end(), 0.0f);
  for (std::size_t i = 0; i < batch_; ++i) {
    float* s = scores_.data() + i * classes_;
    float total = 0;
    for (std::size_t j = 0; j < classes_; ++j) total += s[j];
    loss += std::log(total);
    const float scale = share / total;
    for (std::size_t j = 0; j < classes_; ++j) s[j] *= scale;
    s[batch.labels[i]] -= share;
    for (std::size_t j = 0; j < classes_; ++j) db2_[j] += s[j];
  }
  product(true, false, classes_, hidden_, batch_, scores_.data(), h_.data(), dw2_.data());
  product(false, false, batch_, hidden_, classes_, scores_.data(), weights_.w2.data(), dh_.data());
  std::fill(db1_.begin(), db1_.end(), 0.0f);
  for (std::size_t i = 0; i < batch_; ++i) {
    const float* h = h_.data() + i * hidden_;
    float* dh = dh_.data() + i * hidden_;
    for (std::size_t j = 0; j < hidden_; ++j) db1_[j] += dh[j] = h[j] > 0 ? dh[j] : 0;
  }
  product(true, false, hidden_, inputs_, batch_, dh_.data(), x, dw1_.data());
  descend(weights_.w1, dw1_.data(), lr);
  descend(weights_.b1, db1_.data(), lr);
  descend(weights_.w2, dw2_.data(), lr);
  descend(weights_.b2, db2_.data(), lr);
  return loss * share;
}

}  // namespace reel::inline REEL_PRECISION
