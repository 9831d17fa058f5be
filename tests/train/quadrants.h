// The task and the network that the training tests share, and the weights of a model as one list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <reel/data/dataset.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/linear.h>
#include <reel/nn/module.h>
#include <reel/nn/sequential.h>

#include "../nn/models.h"

namespace reel::inline REEL_PRECISION {
namespace train {

// n points in the plane; the class is the sign of x·y.
inline data::Dataset quadrants(std::size_t n, std::uint64_t seed = 1) {
  Rng rng(seed);
  Tensor points = uninitialized({n, 2});
  Labels labels(n);
  for (std::size_t i = 0; i < n; ++i) {
    points(i, 0) = static_cast<Real>(rng.uniform(-1, 1));
    points(i, 1) = static_cast<Real>(rng.uniform(-1, 1));
    labels[i] = points(i, 0) * points(i, 1) > 0;
  }
  return data::Dataset(std::move(points), labels, {.classes = 2});
}

// A network for it, with a state besides the weights.
inline nn::Sequential net(std::uint64_t seed = 1) {
  return initialised(nn::Sequential(nn::Linear(2, 8), nn::BatchNorm(8), nn::tanh, nn::Linear(8, 2)),
                     seed);
}

inline std::vector<Real> numbers(const nn::Module& model) {
  std::vector<Real> all;
  for (const Parameter& parameter : model.parameters())
    all.insert(all.end(), parameter.value().begin(), parameter.value().end());
  return all;
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
