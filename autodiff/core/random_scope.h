// RandomScope: the random numbers of a forward pass, with a key, so that they can be drawn again.
#pragma once

#include <cstddef>
#include <cstdint>

#include <reel/autodiff/core/rng.h>

namespace reel {

/// While a RandomScope is alive, the modules that its thread calls may draw random numbers, as
/// dropout does in training. `fit` makes one for each step. A training loop of your own does the
/// same:
///
///     for (const auto& batch : data::batches(train, {.batch_size = 128}, rng)) {
///       const RandomScope scope(rng);
///       Tape tape;
///       tape.backward(nn::cross_entropy(model(batch.inputs), batch.labels));
///       adam.step();
///     }
///
/// The numbers for a sample depend only on three things: the key, the sample's position in its
/// batch, and the number of earlier draws in this pass. So a checkpointed segment draws the same
/// numbers when it is recomputed.
class RandomScope {
 public:
  /// The complete state: it decides all later numbers.
  struct State {
    Rng::State key;           ///< names the step
    std::uint64_t draws = 0;  ///< so far
  };

  /// A pass over a batch; its key is drawn from `rng`.
  [[nodiscard]] explicit RandomScope(Rng& rng);
  /// The same for a generator of this pass alone, such as `rng.split(step)`: the numbers depend
  /// only on the seed and the number of the step, so a resumed run finds them again.
  [[nodiscard]] explicit RandomScope(Rng&& rng) : RandomScope(rng) {}
  /// A pass that continues from this state.
  [[nodiscard]] explicit RandomScope(const State& state);
  ~RandomScope();
  RandomScope(const RandomScope&) = delete;
  RandomScope& operator=(const RandomScope&) = delete;

  /// The key, and the number of draws so far.
  const State& state() const noexcept { return state_; }

  /// The generator of the next tensor: its `split(i)` is the generator of row i.
  Rng draw() const;

  /// The innermost RandomScope on this thread, or null.
  static const RandomScope* current() noexcept;

 private:
  mutable State state_;
  const RandomScope* outer_;
};

}  // namespace reel
