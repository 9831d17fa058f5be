// Models and an input that several tests share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <reel/nn/init.h>
#include <reel/nn/module.h>

namespace reel::inline REEL_PRECISION {

/// Two samples of three numbers.
inline const Tensor two_samples = matrix({{0.5, -1, 2}, {1.5, 0.25, -0.75}});

template <class M>
M initialised(M model, std::uint64_t seed = 1) {
  Rng rng(seed);
  nn::init(model, rng);
  return model;
}

inline std::vector<std::string> names(const nn::Module& model) {
  std::vector<std::string> result;
  for (const nn::NamedState& state : nn::state_of(model))
    if (!state.buffer) result.push_back(state.path);
  return result;
}

}  // namespace reel::inline REEL_PRECISION
