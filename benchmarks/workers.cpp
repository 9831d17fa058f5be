// A crew of threads that is released and awaited by two counters.
#include "workers.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include <reel/autodiff/core/error.h>

#include "await.h"

namespace reel {
namespace {

std::optional<cpu_set_t> allowed_processors() noexcept {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return {};
  return set;
}

// Binds a thread to number i of the processors in `set`, if the system allows.
void bind(pthread_t thread, const cpu_set_t& set, std::size_t i) noexcept {
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &set) || i-- > 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    pthread_setaffinity_np(thread, sizeof one, &one);
    return;
  }
}

}  // namespace

struct Workers::Crew {
  explicit Crew(std::size_t count) : patience(patience_of(count)), failures(count) {
    threads.reserve(count - 1);
    try {
      for (std::size_t w = 1; w < count; ++w) threads.emplace_back([this, w] { work(w); });
    } catch (const std::system_error& error) {
      dismiss();
      fail(Error::Kind::system, "workers", "thread ", threads.size() + 2, " of ", count,
           " was refused: ", error.what(), '.');
    } catch (...) {
      dismiss();
      throw;
    }
    const auto set = allowed_processors();
    if (!set || static_cast<std::size_t>(CPU_COUNT(&*set)) != count) return;
    for (std::size_t w = 1; w < count; ++w) bind(threads[w - 1].native_handle(), *set, w);
  }

  ~Crew() { dismiss(); }

  void dismiss() {
    call = nullptr;
    release();
    for (std::thread& thread : threads) thread.join();
  }

  void release() noexcept {
    round.fetch_add(1, std::memory_order_release);
    round.notify_all();
  }

  void attempt(std::size_t w) noexcept {
    try {
      call(task, w);
    } catch (...) {
      failures[w] = std::current_exception();
    }
  }

  void work(std::size_t w) noexcept {
    for (std::uint32_t seen = 0;;) {
      await_change(round, seen, patience);
      ++seen;  // the caller waits for all before the next round
      if (!call) return;
      attempt(w);
      finished.fetch_add(1, std::memory_order_release);
      finished.notify_one();
    }
  }

  void run() {
    const auto others = static_cast<std::uint32_t>(threads.size());
    finished.store(0, std::memory_order_relaxed);
    release();
    attempt(0);
    for (std::uint32_t done; (done = finished.load(std::memory_order_acquire)) != others;)
      await_change(finished, done, patience);
    std::exception_ptr first;
    for (std::exception_ptr& failure : failures)
      if (std::exception_ptr one = std::exchange(failure, {}); one && !first) first = one;
    if (first) std::rethrow_exception(first);
  }

  const std::chrono::steady_clock::duration patience;
  void (*call)(void*, std::size_t) = nullptr;
  void* task = nullptr;
  std::vector<std::exception_ptr> failures;
  alignas(64) std::atomic<std::uint32_t> round{0};
  alignas(64) std::atomic<std::uint32_t> finished{0};
  std::vector<std::thread> threads;
};

Workers::Workers(std::size_t count) : count_(count) {
  if (count == 0) fail_usage("workers", "there must be at least one.");
  if (count > 1) crew_ = std::make_unique<Crew>(count);
}

Workers::~Workers() = default;

void Workers::run_all(void (*call)(void*, std::size_t), void* task) {
  if (!crew_) return call(task, 0);
  crew_->call = call;
  crew_->task = task;
  crew_->run();
}

std::size_t Workers::processors() noexcept {
  const auto set = allowed_processors();
  return set ? static_cast<std::size_t>(std::max(1, CPU_COUNT(&*set)))
             : std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace reel
