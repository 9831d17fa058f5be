// parallel_for: the blocks of a task, shared out over the processors.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

#include <reel/autodiff/core/share.h>

namespace reel {

/// How many threads `parallel_for` uses, the calling one included: by default one a processor (see
/// processors.h), or the number in REEL_THREADS in the environment. Results do not depend on it.
/// Throws Error if REEL_THREADS is not a number from 1 up.
std::size_t threads();
/// Sets it for the process; more threads than processors are not started. Waits for a task of
/// another thread to end. Throws Error for 0, and from within a task.
void set_threads(std::size_t count);

/// `parallel_for` of a task whose type is not known: call(task, b) for each block b.
void run_blocks(std::size_t blocks, void (*call)(void*, std::size_t), void* task);

/// Calls f(b) once for each block b in [0, blocks), and returns when all have ended. Which thread
/// does a block must not matter to its result. Block b begins on thread ⌊b·T/blocks⌋ of T, so that
/// what a core has written it also reads in the next task of as many blocks; a thread that is done
/// takes over blocks that no other one has begun. The caller works along, and works alone if it is
/// within a task of several blocks already, or while another thread is in one.
///
/// Throws what the first of the blocks that threw threw; blocks that had not begun by then are left
/// out. The blocks take subnormal numbers as zero if the caller does (FlushSubnormals). What was
/// written before the call is seen by the blocks, and what they wrote after it.
template <class F>
void parallel_for(std::size_t blocks, F&& f) {
  if (blocks == 0) return;
  if (blocks == 1) return static_cast<void>(f(std::size_t{0}));
  run_blocks(
      blocks,
      [](void* task, std::size_t b) { (*static_cast<std::remove_reference_t<F>*>(task))(b); },
      const_cast<void*>(static_cast<const void*>(std::addressof(f))));
}

/// Calls f(share) for parts of n things of about `grain` each, whole multiples of it except for the
/// last: all at once by the caller if there are fewer than two times as many.
template <class F>
void parallel_shares(std::size_t n, std::size_t grain, F&& f) {
  const std::size_t count = n / grain;
  if (count < 2) return static_cast<void>(f(Share{0, n}));
  parallel_for(count, [&](std::size_t i) { f(share_of(n, i, count, grain)); });
}

}  // namespace reel
