// A pool of threads that take blocks from queues by compare-and-swap.
//
// Each thread has a queue of blocks, stored in one word: the number of the task, the first block
// that no thread has taken, and the end. The owner takes blocks from the front, other threads take
// them from the back. A late thread finds the number of another task and takes nothing. A thread
// that has taken a block may read the task, since the task lasts until all its blocks are done. So
// the caller never waits for a thread that the system suspended before it took a block.
#include <reel/autodiff/core/parallel.h>

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <reel/autodiff/core/error.h>
#include <reel/autodiff/core/processors.h>
#include <reel/autodiff/core/subnormals.h>

namespace reel {
namespace {

using std::chrono::steady_clock;

// A fork and join takes less than a microsecond if the threads are awake, and a tenth of a
// millisecond if a thread sleeps.
constexpr steady_clock::duration patience = std::chrono::milliseconds(1);
constexpr std::size_t most_units = 0xFFFF;  // of a range
constinit thread_local bool in_task = false;

void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Busy-waits until `condition` holds or `limit` has passed; returns whether it holds. After a short
// time it yields the processor between checks.
template <class Condition>
bool watch(Condition&& condition, steady_clock::duration limit) {
  constexpr int glances = 64;
  constexpr steady_clock::duration selfish = std::chrono::microseconds(50);
  const auto start = steady_clock::now();
  for (;;) {
    for (int i = 0; i < glances; ++i) {
      if (condition()) return true;
      pause();
    }
    const auto passed = steady_clock::now() - start;
    if (passed > limit) return condition();
    if (passed > selfish) sched_yield();
  }
}

struct Queue {
  std::uint32_t task;
  std::uint32_t begin, end;  // up to most_units

  static Queue of(std::uint64_t word) noexcept {
    return {static_cast<std::uint32_t>(word >> 32), static_cast<std::uint32_t>(word >> 16 & 0xFFFF),
            static_cast<std::uint32_t>(word & 0xFFFF)};
  }
  std::uint64_t word() const noexcept { return std::uint64_t{task} << 32 | begin << 16 | end; }
};

class Pool {
 public:
  // Has fewer threads if the system refuses to start some.
  explicit Pool(std::size_t count) : slots_(count) {
    threads_.reserve(count - 1);
    try {
      while (threads_.size() < count - 1)
        threads_.emplace_back([this, own = threads_.size() + 1] { serve(own); });
    } catch (const std::exception&) {  // from the system, or no memory
    }
    members_ = threads_.size() + 1;
  }
  ~Pool() {
    over_ = true;
    task_.fetch_add(1, std::memory_order_release);
    task_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  std::size_t members() const noexcept { return members_; }

  // Only one thread at a time may call it.
  void run(std::size_t blocks, void (*call)(void*, std::size_t), void* task) {
    const std::size_t unit = (blocks + most_units - 1) / most_units;
    const std::size_t units = (blocks + unit - 1) / unit;
    call_ = call;
    argument_ = task;
    blocks_ = blocks;
    unit_ = unit;
    flush_ = FlushSubnormals::active();
    failure_ = nullptr;
    failed_.store(false, std::memory_order_relaxed);
    left_.store(units, std::memory_order_relaxed);
    const std::uint32_t number = task_.load(std::memory_order_relaxed) + 1;
    const auto bound = [&](std::size_t t) {
      return static_cast<std::uint32_t>((units * t + members_ - 1) / members_);
    };
    for (std::size_t t = 0; t < members_; ++t)
      slots_[t].range.store(Queue{number, bound(t), bound(t + 1)}.word(),
                            std::memory_order_release);
    task_.store(number);  // must precede notify_all, which looks for sleeping threads
    task_.notify_all();
    work(number, 0);
    watch([&] { return left_.load(std::memory_order_acquire) == 0; },
          steady_clock::duration::max());
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

 private:
  struct alignas(64) Slot {
    std::atomic<std::uint64_t> range{0};
  };

  void serve(std::size_t own) {
    in_task = true;
    for (std::uint32_t seen = 0; !over_;) {
      const auto has_changed = [&] { return task_.load(std::memory_order_acquire) != seen; };
      if (!watch(has_changed, patience)) task_.wait(seen, std::memory_order_acquire);
      seen = task_.load(std::memory_order_acquire);
      work(seen, own);
    }
  }

  // Runs blocks of this task until none are left, the thread's own blocks first.
  void work(std::uint32_t number, std::size_t own) {
    std::size_t done = 0;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      const std::size_t victim = (own + i) % slots_.size();
      for (std::size_t at; take(slots_[victim].range, number, i == 0, at); ++done) run_unit(at);
    }
    if (done > 0) left_.fetch_sub(done, std::memory_order_acq_rel);
  }

  static bool take(std::atomic<std::uint64_t>& range, std::uint32_t number, bool front,
                   std::size_t& at) {
    std::uint64_t now = range.load(std::memory_order_acquire);
    for (;;) {
      Queue after = Queue::of(now);
      if (after.task != number || after.begin == after.end) return false;
      at = front ? after.begin++ : --after.end;
      if (range.compare_exchange_weak(now, after.word(), std::memory_order_acq_rel)) return true;
    }
  }

  void run_unit(std::size_t at) {
    for (std::size_t b = at * unit_; b < std::min(blocks_, (at + 1) * unit_); ++b) {
      if (failed_.load(std::memory_order_relaxed)) return;
      try {
        const FlushSubnormals flush(flush_);
        call_(argument_, b);
      } catch (...) {
        const std::lock_guard lock(failure_mutex_);
        if (!failure_) failure_ = std::current_exception();
        failed_.store(true, std::memory_order_relaxed);
      }
    }
  }

  std::vector<Slot> slots_;
  std::vector<std::thread> threads_;
  std::size_t members_ = 1;  // the pool's threads and the caller
  std::atomic<bool> over_{false};
  // the present task:
  void (*call_)(void*, std::size_t) = nullptr;
  void* argument_ = nullptr;
  std::size_t blocks_ = 0, unit_ = 1;
  bool flush_ = false;
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
  std::atomic<bool> failed_{false};
  alignas(64) std::atomic<std::size_t> left_{0};
  alignas(64) std::atomic<std::uint32_t> task_{0};
};

// The pool of the process. It is never destroyed, so the process may end while its threads sleep.
struct State {
  std::atomic<std::size_t> count{0};  // 0: not decided yet
  std::mutex mutex;                   // guards the members below; locked during a task
  bool beyond_processors = false;
  Pool* pool = nullptr;
};
State& state() {
  static State* const made = [] {
    // A child of fork has none of the pool's threads, and a lost thread may have locked the mutex.
    pthread_atfork(nullptr, nullptr, [] {
      State& mine = state();
      ::new (&mine.mutex) std::mutex();
      mine.pool = nullptr;
      in_task = false;
    });
    return new State;
  }();
  return *made;
}

std::size_t default_threads() {
  const char* const text = std::getenv("REEL_THREADS");
  if (!text || !*text) return processors();
  std::size_t count = 0;
  const char* const end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, count);
  if (error != std::errc() || stop != end || count == 0)
    fail_usage("threads", "REEL_THREADS is \"", text, "\", expected a whole number from 1 up.");
  return count;
}

}  // namespace

std::size_t threads() {
  std::atomic<std::size_t>& count = state().count;
  if (const std::size_t known = count) return known;
  std::size_t undecided = 0;
  count.compare_exchange_strong(undecided, default_threads());
  return count;
}

void set_threads(std::size_t count, bool beyond_processors) {
  if (count == 0) fail_usage("threads", "expected at least 1 thread.");
  if (in_task) fail_usage("threads", "their number cannot change within a task.");
  State& mine = state();
  const std::lock_guard lock(mine.mutex);
  mine.count = count;
  mine.beyond_processors = beyond_processors;
  delete std::exchange(mine.pool, nullptr);
}

void run_blocks(std::size_t blocks, void (*call)(void*, std::size_t), void* task) {
  const bool outermost = !std::exchange(in_task, true);
  struct Leave {
    bool outermost;
    ~Leave() { in_task = !outermost; }
  } const leave{outermost};
  State& mine = state();
  std::unique_lock lock(mine.mutex, std::defer_lock);
  if (outermost && lock.try_lock()) {
    if (!mine.pool)
      mine.pool = new Pool(mine.beyond_processors ? threads() : std::min(threads(), processors()));
    if (mine.pool->members() > 1) return mine.pool->run(blocks, call, task);
  }
  for (std::size_t b = 0; b < blocks; ++b) call(task, b);
}

}  // namespace reel
