// EarlyStopping: keeps the best weights of a run, and ends it when they no longer improve.
#pragma once

#include <cstddef>
#include <string>

#include <reel/nn/module.h>
#include <reel/nn/state_dict.h>
#include <reel/optim/state.h>
#include <reel/train/evaluate.h>

namespace reel::inline REEL_PRECISION {
namespace train {

/// The options of EarlyStopping.
struct EarlyStoppingOptions {
  /// So many evaluations in a row without an improvement end the run; 0: the run is never ended,
  /// and only its best weights are kept.
  std::size_t patience = 0;
  /// The number of an evaluation that is judged: "loss", "accuracy" or the name of a metric.
  std::string minimize = "loss";
  std::string maximize = {};     ///< judged instead if it is not empty; larger is better
  double least_improvement = 0;  ///< a smaller one does not count; NaN never counts
};

/// Judges the evaluation of each epoch, and keeps a copy of the best weights in memory. `fit` calls
/// `step` after each epoch, ends when `should_stop` is true, and puts the best weights into the
/// model. A loop of your own can do the same. Each run needs an object of its own.
///
///     EarlyStopping early({.patience = 5, .maximize = "accuracy"});
///     train::fit(model, adam, data, rng,
///                {.epochs = 100, .validation = &held_out, .early_stopping = &early});
///     early.best_epoch(), early.best_value()
class EarlyStopping : public optim::Stateful {
 public:
  /// Throws Error for options that make no sense.
  explicit EarlyStopping(const EarlyStoppingOptions& options = {});

  /// Judges an evaluation of the model; copies its weights if they are the best so far, and returns
  /// whether they are. Throws Error if the evaluation does not have the number.
  bool step(const nn::Module& model, const Evaluation& evaluation, std::size_t epoch);
  /// Whether the patience is exhausted.
  bool should_stop() const noexcept { return patience_ > 0 && since_best_ >= patience_; }

  /// The name of the number that is judged.
  const std::string& judged() const noexcept { return judged_; }
  /// Whether an evaluation has counted as an improvement yet.
  bool has_best() const noexcept { return best_epoch_ > 0; }
  /// The best value; infinite if there is none yet.
  double best_value() const noexcept { return best_value_; }
  /// The epoch of the best value; 0 if there is none yet.
  std::size_t best_epoch() const noexcept { return best_epoch_; }
  /// The best weights by path; empty if there are none yet.
  const nn::StateDict& best() const noexcept { return best_; }
  /// Puts the best weights into the model. Throws Error if there are none yet, or if the model has
  /// other parts.
  void copy_to(nn::Module& model) const;

  /// The best weights with their value and epoch, and the evaluations since then.
  optim::State state() const override;
  void set_state(const optim::State& state) override;

 private:
  bool improves(double value) const;

  std::size_t patience_;
  bool larger_is_better_;
  std::string judged_;
  double least_improvement_;
  double best_value_;
  std::size_t best_epoch_ = 0, since_best_ = 0;
  nn::StateDict best_;
};

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
