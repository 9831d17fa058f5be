// RandomScope: the random numbers of a forward pass, keyed so that they can be drawn again.
#pragma once

#include <cstddef>
#include <cstdint>

#include <reel/autodiff/core/rng.h>

namespace reel {

/// While it lives, the modules called on its thread may draw, as dropout does in training; `fit`
/// makes one for each step, and so does a loop of one's own:
///
///     for (const auto& batch : data::batches(train, {.size = 128}, rng)) {
///       const RandomScope scope(rng);
///       Tape tape;
///       tape.backward(nn::cross_entropy(model(batch.images), batch.labels));
///       adam.step();
///     }
///
/// The numbers drawn for a sample depend on three things alone: the key, the sample's place in its
/// batch, and the number of draws before in this pass. So a checkpointed segment draws the same
/// numbers when it is computed again.
class RandomScope {
 public:
  /// All that decides the numbers to come.
  struct State {
    Rng::State key;
    std::uint64_t draws = 0;  ///< so far
  };

  /// A pass over a batch, with a key drawn from `rng`.
  [[nodiscard]] explicit RandomScope(Rng& rng);
  /// A pass that draws what a pass with this state would draw next.
  [[nodiscard]] explicit RandomScope(const State& state);
  ~RandomScope();
  RandomScope(const RandomScope&) = delete;
  RandomScope& operator=(const RandomScope&) = delete;

  const State& state() const noexcept { return state_; }

  /// For the next tensor to be drawn: its `split(i)` is the generator of row i.
  Rng draw() const;

  /// The innermost one on this thread, or null.
  static const RandomScope* current() noexcept;

 private:
  mutable State state_;
  const RandomScope* outer_;
};

}  // namespace reel
