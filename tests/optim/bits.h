// States and parameters as text that shows every bit, for comparisons.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <reel/optim/optimizer.h>

namespace reel::inline REEL_PRECISION {

inline std::string bits(const Tensor& tensor) {
  std::string all = to_string(tensor.shape());
  const auto* bytes = reinterpret_cast<const unsigned char*>(tensor.data());
  for (std::size_t i = 0; i < tensor.size() * sizeof(Real); ++i)
    (all += "0123456789abcdef"[bytes[i] / 16]) += "0123456789abcdef"[bytes[i] % 16];
  return all;
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

/// Everything that a step of the optimiser changes.
inline std::string bits(const optim::Optimizer& optimizer) {
  return bits(optimizer.state()) + bits(optimizer.parameters());
}

}  // namespace reel::inline REEL_PRECISION
