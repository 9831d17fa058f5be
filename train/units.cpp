// What the hidden units of a network do on a data set.
#include <reel/train/units.h>

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <utility>

#include <reel/autodiff/engine/tape.h>
#include <reel/data/batches.h>
#include <reel/nn/linear.h>
#include <reel/train/evaluate.h>

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

constexpr double close = 0.01;  // to a limit
constexpr double most = 0.99;   // of the samples

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Where an activation saturates; a limit that it does not have is infinite.
struct Limits {
  double low = -std::numeric_limits<double>::infinity(), high = -low;
};

Limits limits_of(std::string_view activation) {
  if (is_one_of(activation, {"tanh", "hard_tanh", "softsign"})) return {-1, 1};
  if (is_one_of(activation, {"sigmoid", "hard_sigmoid"})) return {0, 1};
  return {};
}

// Adds a batch of activations (batch, units): sums and counts, until `finish` divides them.
void add(HiddenLayer& layer, const Tensor& y) {
  if (y.dimension() != 2)
    fail_usage("hidden_units", "layer ", layer.path, " has outputs ", to_string(y.shape()),
               ", expected (batch,units).");
  const std::size_t units = y.shape()[1];
  const Limits limits = limits_of(layer.activation);
  layer.units.resize(units);
  for (std::size_t i = 0; i < y.shape()[0]; ++i)
    for (std::size_t j = 0; j < units; ++j) {
      const auto value = static_cast<double>(y.data()[i * units + j]);
      Unit& unit = layer.units[j];
      unit.mean += value;
      unit.active += value > 0;
      unit.near_limit += value < limits.low + close || value > limits.high - close;
    }
}

void finish(HiddenLayer& layer, double samples) {
  for (Unit& unit : layer.units) {
    unit.dead = unit.active == 0 && layer.activation == "relu";
    unit.mean /= samples;
    unit.active /= samples;
    unit.near_limit /= samples;
    unit.saturated = unit.near_limit > most;
  }
}

std::size_t last_linear(const nn::Sequential& model) {
  for (std::size_t i = model.size(); i-- > 0;)
    if (dynamic_cast<const nn::Linear*>(&model[i])) return i;
  fail_usage("hidden_units", "the model has no Linear layer.");
}

}  // namespace

std::size_t HiddenLayer::dead() const {
  return static_cast<std::size_t>(
      std::count_if(units.begin(), units.end(), [](const Unit& unit) { return unit.dead; }));
}

std::size_t HiddenLayer::saturated() const {
  return static_cast<std::size_t>(
      std::count_if(units.begin(), units.end(), [](const Unit& unit) { return unit.saturated; }));
}

HiddenUnits hidden_units(nn::Sequential& model, const data::Dataset& dataset) {
  const std::size_t last = last_linear(model);
  const auto& linear = model.get<nn::Linear>(last);
  const EvalMode mode(model);
  const NoTape no_tape;
  HiddenUnits result;
  std::vector<double> inputs(linear.in());  // of the last Linear: sums
  for (const data::Batch& batch : data::batches(dataset, {.batch_size = 500})) {
    Var y = batch.inputs;
    for (std::size_t i = 0, hidden = 0; i < last; ++i) {
      y = model[i](y);
      if (!dynamic_cast<const nn::Function*>(&model[i])) continue;
      if (hidden == result.layers.size())
        result.layers.push_back({std::to_string(i), model[i].describe(), {}});
      add(result.layers[hidden++], y.value());
    }
    linear.expect_input(y.shape());
    for (std::size_t k = 0; k < y.value().size(); ++k)
      inputs[k % inputs.size()] += static_cast<double>(y.value().data()[k]);
  }
  const auto samples = static_cast<double>(dataset.size());
  for (HiddenLayer& layer : result.layers) finish(layer, samples);
  result.contributions = linear.weight.value();
  for (std::size_t k = 0; k < result.contributions.size(); ++k)
    result.contributions.data()[k] *= static_cast<Real>(inputs[k % inputs.size()] / samples);
  return result;
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
