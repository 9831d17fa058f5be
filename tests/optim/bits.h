// States and parameters as bytes, to be compared to the bit.
#pragma once

#include <bit>
#include <cstring>
#include <string>
#include <vector>

#include <reel/optim/optimizer.h>

namespace reel::inline REEL_PRECISION {

inline std::string bits(const Tensor& tensor) {
  return to_string(tensor.shape())
      .append(reinterpret_cast<const char*>(tensor.data()), tensor.size() * sizeof(Real));
}

inline std::string bits(const std::vector<Parameter>& parameters) {
  std::string all;
  for (const Parameter& parameter : parameters) all += bits(parameter.value());
  return all;
}

inline std::string bits(const optim::State& state) {
  std::string all = state.kind;
  for (const auto& [name, tensor] : state.tensors) all += ' ' + name + ' ' + bits(tensor);
  for (const auto& [name, text] : state.fields) all += ' ' + name + ' ' + text;
  return all;
}

/// What a step of it changes.
inline std::string bits(const optim::Optimizer& optimizer) {
  return bits(optimizer.state()) + bits(optimizer.parameters());
}

}  // namespace reel::inline REEL_PRECISION
