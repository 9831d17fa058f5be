// Waiting for another thread: awake for a while, then asleep.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>

#include "workers.h"

namespace reel {

/// How long threads stay awake while they wait, if there are so many that wait for each other: not
/// at all if there are more than processors. Equal shares of a task of milliseconds end some
/// hundred microseconds apart, and who sleeps takes as long to wake.
inline std::chrono::steady_clock::duration patience_of(std::size_t threads) noexcept {
  return std::chrono::milliseconds(threads <= Workers::processors() ? 1 : 0);
}

/// Waits until `counter` is no longer `old`: awake as long as `patience` lasts, then asleep, so
/// that whoever changes it must notify.
template <class Counter>
void await_change(const std::atomic<Counter>& counter, Counter old,
                  std::chrono::steady_clock::duration patience) noexcept {
  using std::chrono::steady_clock;
  constexpr int glances = 100;
  const auto start = steady_clock::now();
  do {
    for (int i = 0; i < glances; ++i) {
      if (counter.load(std::memory_order_acquire) != old) return;
#if defined(__x86_64__) || defined(__i386__)
      __builtin_ia32_pause();
#elif defined(__aarch64__)
      asm volatile("yield");
#endif
    }
  } while (steady_clock::now() - start < patience);
  counter.wait(old, std::memory_order_acquire);
}

}  // namespace reel
