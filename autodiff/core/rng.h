// A small counter-based random generator with the same numbers on every machine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace reel {

/// Philox4x32-10 (Salmon, Moraes, Dror and Shaw: Parallel random numbers: as easy as 1, 2, 3; SC
/// 2011).
///
/// A seed and a stream number name a stream; a counter is the position in it. So a stream can be
/// split without coordination, and the complete state is three integers. The `std::` distributions
/// differ between standard libraries; the distributions here do not.
class Rng {
 public:
  /// The complete state: it decides all later numbers. Save it to resume a run.
  struct State {
    std::uint64_t seed = 0, stream = 0, position = 0;  ///< position: 32-bit words drawn so far
    /// Whether both give the same numbers from here on.
    bool operator==(const State&) const = default;
  };

  /// Starts at the first number of a stream; streams of one seed are independent.
  explicit Rng(std::uint64_t seed, std::uint64_t stream = 0) : state_{seed, stream, 0} {}
  /// Continues from a state.
  explicit Rng(const State& state) : state_(state) {}

  /// All that another generator needs to continue from here.
  const State& state() const noexcept { return state_; }

  /// An independent generator with the same seed and another stream, chosen by `key`.
  Rng split(std::uint64_t key) const;

  /// The next 32 random bits.
  std::uint32_t next();
  /// Fills `words` with the same words as repeated calls of `next`, but faster.
  void fill(std::span<std::uint32_t> words);
  /// Uniform in [0, 1), 53 bits.
  double uniform();
  /// Uniform in [low, high), up to rounding.
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Standard normal (Box and Muller 1958). The second number of each pair is dropped, so that the
  /// position is the whole state.
  double normal();
  /// Uniform in {0, …, n − 1}, without bias (Lemire 2019). Throws Error if n is 0.
  std::uint64_t below(std::uint64_t n);
  /// A random order of 0, …, n − 1 (Fisher and Yates).
  std::vector<std::uint32_t> permutation(std::size_t n);

  /// The block of four words at `counter` in the stream with this `key`: the cipher itself.
  static std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                             std::array<std::uint32_t, 2> key);

 private:
  State state_;
  std::array<std::uint32_t, 4> block_{};  // the words at positions 4k … 4k + 3, k = position / 4
  bool filled_ = false;
};

}  // namespace reel
