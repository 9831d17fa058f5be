// Barrier: a point that all threads of a task pass together.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <reel/autodiff/core/error.h>

#include "await.h"

namespace reel {

/// Threads that wait for each other, and may do what needs nobody else between their arrival and
/// their wait:
///
///     const auto round = barrier.arrive([&] { … });  // of the last to come, before any passes
///     …
///     barrier.wait(round);
///
/// What was written before an arrival is seen by the completion, and that after each wait.
///
/// One thread may let the others wait while it works alone: it comes last, after
/// `wait_for_others`.
class Barrier {
 public:
  using Round = std::uint32_t;

  /// For `count` threads. Throws Error for none.
  explicit Barrier(std::size_t count) : count_(count), patience_(patience_of(count)) {
    if (count == 0) fail_usage("barrier", "there must be at least one thread.");
  }

  /// Each thread must come to each round once, and wait for it, or be joined with the others,
  /// before it comes to the next. If `completion` throws, only the last to come notices.
  template <class Completion>
  [[nodiscard]] Round arrive(Completion&& completion) {
    const Round round = passed_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 < count_) {
      arrived_.notify_all();
      return round;
    }
    struct Release {
      Barrier& barrier;
      ~Release() {
        barrier.arrived_.store(0, std::memory_order_relaxed);
        barrier.passed_.fetch_add(1, std::memory_order_release);
        barrier.passed_.notify_all();
      }
    } release{*this};
    completion();
    return round;
  }

  void wait(Round round) const noexcept { await_change(passed_, round, patience_); }

  /// Waits until all threads but this one, which has not, have arrived; what they wrote before is
  /// seen then.
  void wait_for_others() const noexcept {
    for (std::size_t here; (here = arrived_.load(std::memory_order_acquire)) + 1 < count_;)
      await_change(arrived_, here, patience_);
  }

 private:
  std::size_t count_;
  std::chrono::steady_clock::duration patience_;
  alignas(64) std::atomic<std::size_t> arrived_{0};
  alignas(64) std::atomic<Round> passed_{0};
};

}  // namespace reel
