// Network: a model as a list of steps, from which every format is written.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <reel/nn/module.h>

namespace reel::inline REEL_PRECISION {
namespace exchange {

/// A tensor in single precision, whatever Real is.
struct Values {
  std::string path;            ///< in the model, such as "0.weight"
  Shape shape;                 ///< the sizes of its axes
  std::vector<float> numbers;  ///< its elements, in row-major order; none if there is no tensor
};

/// y = x·Wᵀ + b, with W (out, in) and b (out).
struct Affine {
  Values weight, bias;  ///< the bias is empty if the layer has none
};

/// An activation of nn::activations, for each element.
struct Elementwise {
  std::string_view activation;  ///< its name
};

/// y = (x − mean)/√(variance + eps)·weight + bias with fixed statistics, all of them (n).
struct BatchNormalisation {
  Values weight, bias, mean, variance;
  float eps;
};

/// The same with the mean and the biased variance of each row; weight and bias (n).
struct LayerNormalisation {
  Values weight, bias;
  float eps;
};

using Step = std::variant<Affine, Elementwise, BatchNormalisation, LayerNormalisation>;

/// The computation of a model in eval mode: (batch, inputs) → (batch, outputs).
struct Network {
  std::size_t inputs = 0, outputs = 0;
  std::vector<Step> steps;
};

/// The steps of a model, without dropout and the identity. Takes Linear, BatchNorm, LayerNorm,
/// Dropout, activations of nn::activations, and a Sequential of these. Throws Error (usage) with
/// `where` in front if the model has another module, if its widths do not fit, or if no layer tells
/// the number of inputs, and for a value that float32 does not hold.
Network network_of(const nn::Module& model, std::string_view where);

/// The output of the network for x (batch, inputs), computed in Real.
Tensor evaluate(const Network& network, const Tensor& x);

}  // namespace exchange
}  // namespace reel::inline REEL_PRECISION
