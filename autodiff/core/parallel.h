// parallel_for: the blocks of a task, shared out over the processors.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <numeric>
#include <type_traits>

#include <reel/autodiff/core/range.h>

namespace reel {

/// How many threads `parallel_for` may use, the calling one included: by default one a processor
/// (see processors.h), or the number in REEL_THREADS in the environment. No more than there are
/// processors are started. Results do not depend on the number. Throws Error if REEL_THREADS is not
/// a number from 1 up.
std::size_t threads();
/// Sets it for the process, after the task of another thread has ended. `beyond_processors` starts
/// all of them, which only costs time; it is for tests. Throws Error for 0, and from within a task.
void set_threads(std::size_t count, bool beyond_processors = false);

/// `parallel_for` of a task whose type is not known: call(task, b) for each block b.
void run_blocks(std::size_t blocks, void (*call)(void*, std::size_t), void* task);

/// Calls f(b) once for each block b in [0, blocks), and returns when all calls have ended. Which
/// thread calls f for a block must not change the result of that block. So f does plain arithmetic:
/// tapes, NoTape, RandomScope, Scope and observers belong to the calling thread, and other threads
/// do not have them.
///
/// Block b begins on thread ⌊b·T/blocks⌋ of T. A thread that has no more blocks takes over blocks
/// that no thread has begun. The caller works along. It works alone if it is within a task of
/// several blocks already, or while another thread runs a task.
///
/// Throws the exception of the block that threw first; blocks that had not begun by then are left
/// out. In each block, subnormal numbers are treated as the caller treats them (FlushSubnormals).
/// Writes before the call are visible in the blocks; writes of the blocks are visible after it.
template <class F>
void parallel_for(std::size_t blocks, F&& f) {
  if (blocks == 0) return;
  if (blocks == 1) return static_cast<void>(f(std::size_t{0}));
  run_blocks(
      blocks,
      [](void* task, std::size_t b) { (*static_cast<std::remove_reference_t<F>*>(task))(b); },
      const_cast<void*>(static_cast<const void*>(std::addressof(f))));
}

/// Calls f(range) for parts of [0, n), each of `grain` things or somewhat more. If n < 2·grain, the
/// caller calls f once, for all n.
template <class F>
void parallel_ranges(std::size_t n, std::size_t grain, F&& f) {
  const std::size_t count = n / grain;
  if (count < 2) return static_cast<void>(f(Range{0, n}));
  parallel_for(count, [&](std::size_t i) { f(range_of(n, i, count, grain)); });
}

/// The sum of f(range) over parts of [0, n), in their order: as many parts as above, but at most
/// 64, so the sum has the same bits for any number of threads.
template <class F>
auto parallel_sum(std::size_t n, std::size_t grain, F&& f) {
  constexpr std::size_t most = 64;
  const std::size_t count = std::min(n / grain, most);
  if (count < 2) return f(Range{0, n});
  std::array<decltype(f(Range{0, n})), most> sums;
  parallel_for(count, [&](std::size_t i) { sums[i] = f(range_of(n, i, count, grain)); });
  return std::accumulate(sums.begin() + 1, sums.begin() + count, sums[0]);
}

}  // namespace reel
