// What the hidden units of a network do on a data set: how active they are, and which are useless.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <reel/data/dataset.h>
#include <reel/nn/sequential.h>

namespace reel::inline REEL_PRECISION {
namespace train {

/// A hidden unit over the samples of a data set.
struct Unit {
  double mean = 0;        ///< of its activation
  double active = 0;      ///< the fraction of the samples whose activation is above 0
  double near_limit = 0;  ///< the fraction of the samples with an activation close to a limit

  /// Whether no sample makes a unit of relu exceed 0. Then no gradient reaches it, and it adds
  /// nothing. Never of other activations.
  bool dead = false;
  /// Whether the activation is close to one of its limits on more than 99 % of the samples: within
  /// 0.01 of −1 or 1 (tanh, hard_tanh, softsign), or of 0 or 1 (sigmoid, hard_sigmoid). Then the
  /// unit passes hardly any gradient. Never of other activations.
  bool saturated = false;
};

/// The units of a hidden layer.
struct HiddenLayer {
  std::string path;         ///< of the activation in the model, such as "1"
  std::string activation;   ///< its name, such as "relu"
  std::vector<Unit> units;  ///< in order

  std::size_t dead() const;       ///< how many units are dead
  std::size_t saturated() const;  ///< how many units are saturated
};

/// The result of `hidden_units`.
struct HiddenUnits {
  std::vector<HiddenLayer> layers;  ///< from the first
  /// (outputs, inputs of the last Linear): weight × mean input, what each unit of the last hidden
  /// layer adds to each output on average. The sum of a row, plus the bias, is the mean output.
  Tensor contributions;
};

/// Runs a model of Linear layers and activations on all samples, in eval mode and without a tape.
/// A hidden layer is the output (batch, units) of a function, such as nn::relu, before the last
/// Linear. Throws Error (usage) if there is no Linear, or if the data set is empty or does not fit.
HiddenUnits hidden_units(nn::Sequential& model, const data::Dataset& dataset);

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
