// parallel_for: runs the blocks of a task on several threads.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <numeric>
#include <type_traits>

#include <reel/autodiff/core/range.h>

namespace reel {

/// How many threads `parallel_for` may use, including the calling one. The default is one for each
/// processor (see processors.h), or REEL_THREADS from the environment. Reel starts at most as many
/// threads as there are processors. Results do not depend on the number. Throws Error if
/// REEL_THREADS is not a number from 1 up.
std::size_t threads();
/// Sets the number for the process; waits until the task of another thread has ended. With
/// `beyond_processors` it may exceed the number of processors, which only costs time; this is for
/// tests. Throws Error for 0, and if called within a task.
void set_threads(std::size_t count, bool beyond_processors = false);

/// `parallel_for` with a type-erased task: calls call(task, b) for each block b.
void run_blocks(std::size_t blocks, void (*call)(void*, std::size_t), void* task);

/// Calls f(b) once for each block b in [0, blocks), and returns when all calls have ended. The
/// result of a block must not depend on the thread that calls f. So f does plain arithmetic: tapes,
/// NoTape, RandomScope, Scope and observers belong to the calling thread, and other threads do not
/// see them.
///
/// Block b starts in the queue of thread ⌊b·T/blocks⌋ of T. A thread without blocks of its own
/// takes blocks of other threads that have not begun. The calling thread works too. It works alone
/// if it is already within a task of several blocks, or while another thread runs a task.
///
/// Rethrows the first exception of a block; blocks that have not begun by then are skipped. Each
/// block treats subnormal numbers as the calling thread does (FlushSubnormals). Writes before the
/// call are visible in the blocks; writes of the blocks are visible after the call.
template <class F>
void parallel_for(std::size_t blocks, F&& f) {
  if (blocks == 0) return;
  if (blocks == 1) return static_cast<void>(f(std::size_t{0}));
  run_blocks(
      blocks,
      [](void* task, std::size_t b) { (*static_cast<std::remove_reference_t<F>*>(task))(b); },
      const_cast<void*>(static_cast<const void*>(std::addressof(f))));
}

/// Calls f(range) for parts of [0, n), each of `grain` elements or somewhat more. If n < 2·grain,
/// the calling thread calls f once, for all n.
template <class F>
void parallel_ranges(std::size_t n, std::size_t grain, F&& f) {
  const std::size_t count = n / grain;
  if (count < 2) return static_cast<void>(f(Range{0, n}));
  parallel_for(count, [&](std::size_t i) { f(range_of(n, i, count, grain)); });
}

/// The sum of f(range) over parts of [0, n), added in order. The parts are as in parallel_ranges,
/// but at most 64, so the sum has the same bits for any number of threads.
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
