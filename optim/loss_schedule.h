// Learning rates that follow the loss.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include <reel/optim/optimizer.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of Plateau.
struct PlateauOptions {
  bool larger_is_better = false;  ///< the value is an accuracy, not a loss
  double factor = 0.1;            ///< of a reduction
  std::size_t patience = 10;      ///< how many values in a row may show no improvement
  /// An improvement is below best·(1 − threshold), for accuracies above best·(1 + threshold).
  double threshold = 1e-4;
  bool relative = true;      ///< false: below best − threshold, or above best + threshold
  std::size_t cooldown = 0;  ///< how many values after a reduction are not counted
  double least = 0;          ///< no rate goes below it
  double eps = 1e-8;         ///< a rate stays as it is if it would change by no more than this
};

/// Reduces every group's rate, lr *= factor, when the value has not improved on its best more than
/// `patience` times in a row; then counts from 0. NaN is no improvement. PyTorch's
/// ReduceLROnPlateau.
class Plateau : public Stateful {
 public:
  /// The optimiser must outlive it. Throws Error for options that make no sense.
  explicit Plateau(Optimizer& optimizer, const PlateauOptions& options = {});

  /// Call it with a loss or an accuracy, usually once in each epoch.
  void step(double value);

  /// The best value and the counts. The rates belong to the optimiser's state.
  State state() const override;
  void set_state(const State& state) override;

 private:
  bool improves(double value) const;

  Optimizer* optimizer_;
  PlateauOptions options_;
  double best_;
  std::size_t bad_ = 0, cooling_ = 0;
};

/// The options of Steady.
struct SteadyOptions {
  std::size_t window = 5;  ///< how many losses are judged together, at least 2
  double threshold = 0.1;  ///< wildness above this is wild
  double down = 0.5;       ///< 0 < down < 1
  double up = 1.05;        ///< at least 1
  double least = 0, most = std::numeric_limits<double>::infinity();  ///< bounds of every rate
};

/// "Decrease the rate when the loss varies wildly, otherwise increase it." The losses are judged
/// window by window; a window begins with the last loss of the window before. The wildness of a
/// window is the sum of all rises in it, relative to the size of the loss:
///
///     Σ max(0, Lᵢ − Lᵢ₋₁) / mean |Lᵢ|
///
/// so that a steady fall is calm, however steep, and the unit of the loss does not matter. If the
/// wildness is above the threshold, lr *= down, otherwise lr *= up, for every group, within the
/// bounds. A loss that is not finite is wild by itself: lr *= down at once, and a new window begins
/// after that loss. With a window of 2 this is the bold driver of Battiti, Complex Systems 3, 1989.
class Steady : public Stateful {
 public:
  /// The optimiser must outlive it. Throws Error for options that make no sense.
  explicit Steady(Optimizer& optimizer, const SteadyOptions& options = {});

  /// Call it with the loss of a batch or of an epoch.
  void step(double loss);
  /// The wildness of the last full window; 0 before there is one.
  double wildness() const noexcept { return wildness_; }

  /// The losses of the present window. The rates belong to the optimiser's state.
  State state() const override;
  void set_state(const State& state) override;

 private:
  void scale(double factor);

  Optimizer* optimizer_;
  SteadyOptions options_;
  std::vector<double> losses_;
  double wildness_ = 0;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
