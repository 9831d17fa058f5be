// Noise: what a forward pass draws at random, keyed so that it can be computed again.
#pragma once

#include <cstddef>
#include <cstdint>

#include <reel/autodiff/core/rng.h>

namespace reel {

/// While it lives, the modules called on its thread may draw, as dropout does in training; `fit`
/// makes one for each step, and so does a loop of one's own:
///
///     for (const auto& batch : data::batches(train, {.size = 128}, rng)) {
///       const Noise noise(rng);
///       Tape tape;
///       tape.backward(nn::cross_entropy(model(batch.images), batch.labels));
///       adam.step();
///     }
///
/// What is drawn for a sample depends on the key, on the place of the sample in its batch and on
/// how many drew before in this pass, and on nothing else: when a checkpointed segment is computed
/// again it draws the same.
class Noise {
 public:
  /// What decides the numbers to come.
  struct State {
    Rng::State key;
    std::uint64_t draws = 0;  ///< so far
  };

  /// A pass over a batch, with a key drawn from `rng`.
  [[nodiscard]] explicit Noise(Rng& rng);
  /// A pass that draws what a pass with this state would draw next.
  [[nodiscard]] explicit Noise(const State& state);
  ~Noise();
  Noise(const Noise&) = delete;
  Noise& operator=(const Noise&) = delete;

  const State& state() const noexcept { return state_; }

  /// For the next tensor to be drawn: its `split(i)` is the generator of row i.
  Rng draw() const;

  /// The innermost one on this thread, or null.
  static const Noise* current() noexcept;

 private:
  mutable State state_;
  const Noise* outer_;
};

}  // namespace reel
