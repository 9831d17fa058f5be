// WeightAverage: a moving average of a model's weights, which often is a better model than the last
// weights.
#pragma once

#include <cstddef>

#include <reel/nn/module.h>
#include <reel/nn/state_dict.h>
#include <reel/optim/state.h>

namespace reel::inline REEL_PRECISION {
namespace train {

/// The options of WeightAverage.
struct WeightAverageOptions {
  double decay = 0.999;  ///< d, in (0, 1): about the last 1/(1 − d) steps count
};

/// The exponential moving average of all parameters and buffers of a model, also of the running
/// statistics of batch norm:
///
///     ā ← ā + (1 − dₜ)·(w − ā),  dₜ = min(d, (1 + t)/(10 + t))
///
/// where t is the number of updates so far. The smaller decay at the start forgets the initial
/// weights; it is that of `num_updates` in TensorFlow's ExponentialMovingAverage. Weights that do
/// not change, such as frozen ones, keep their bits. An update treats subnormal numbers as zero,
/// and gives the same bits for any number of threads.
///
///     WeightAverage average(model);
///     train::fit(model, adam, data, rng, {.validation = &held_out, .average = &average});
///     average.copy_to(model);
class WeightAverage : public optim::Stateful {
 public:
  /// Starts with the weights of the model. Throws Error for options that make no sense, or if a
  /// parameter has no values yet.
  explicit WeightAverage(const nn::Module& model, const WeightAverageOptions& options = {});

  /// Call it after each step of the optimiser. Throws Error if the model has other parts.
  void update(const nn::Module& model);
  /// How many updates were made.
  std::size_t updates() const noexcept { return updates_; }
  /// The averages by path.
  const nn::StateDict& averages() const noexcept { return averages_; }
  /// Replaces the model's weights by the averages. Throws Error if the model has other parts.
  void copy_to(nn::Module& model) const { nn::load_state_dict(model, averages_); }

  /// The averages and the number of updates.
  optim::State state() const override;
  void set_state(const optim::State& state) override;

 private:
  double decay_;
  std::size_t updates_ = 0;
  nn::StateDict averages_;
};

/// While it is alive, the model has the averaged weights; its destructor restores the others, bit
/// by bit. The model must not move meanwhile.
///
///     {
///       const AveragedWeights averaged(model, average);
///       nn::save_weights(model, "averaged.safetensors");
///     }
class AveragedWeights {
 public:
  /// Replaces the model's weights. Throws Error if the model has other parts.
  AveragedWeights(nn::Module& model, const WeightAverage& average)
      : model_(model), own_(nn::state_dict(model)) {
    average.copy_to(model);
  }
  ~AveragedWeights() { nn::load_state_dict(model_, own_); }
  AveragedWeights(const AveragedWeights&) = delete;
  AveragedWeights& operator=(const AveragedWeights&) = delete;

 private:
  nn::Module& model_;
  nn::StateDict own_;
};

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
