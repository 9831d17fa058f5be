// parallel_for runs each block once: with nesting, exceptions, other threads, and fork.
#include <reel/autodiff/core/parallel.h>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <reel/autodiff/core/processors.h>
#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/core/subnormals.h>

#include "../threads.h"
#include "../throws.h"

using namespace reel;

namespace {

// How often each block was called.
std::vector<int> calls(std::size_t blocks) {
  std::vector<int> counts(blocks);
  parallel_for(blocks, [&](std::size_t b) { ++counts[b]; });
  return counts;
}

}  // namespace

TEST_CASE("parallel: each block is called once, for any number of blocks and threads") {
  for (const std::size_t count : {1u, 2u, 3u, 8u}) {
    const Threads set(count);
    CHECK(threads() == count);
    for (const std::size_t blocks : {0u, 1u, 2u, 3u, 7u, 100u, 65535u, 65536u, 200001u}) {
      CAPTURE(blocks);
      CHECK(calls(blocks) == std::vector<int>(blocks, 1));
    }
  }
}

TEST_CASE(
    "parallel: what was written before is seen within, and after it what was written within") {
  const Threads set(2);
  std::vector<int> numbers(64);
  for (int round = 0; round < 2000; ++round) {
    for (int& x : numbers) ++x;
    parallel_for(numbers.size(), [&](std::size_t b) { numbers[b] *= 3; });
    parallel_for(numbers.size(), [&](std::size_t b) { numbers[b] %= 1000; });
  }
  CHECK(numbers == std::vector<int>(64, numbers[0]));
}

TEST_CASE("parallel: within a task the work is done by the caller alone, in order") {
  const Threads set(2);
  std::atomic<int> wrong{0};
  parallel_for(20, [&](std::size_t) {
    const auto own = std::this_thread::get_id();
    std::size_t next = 0;
    parallel_for(5,
                 [&](std::size_t b) { wrong += b != next++ || std::this_thread::get_id() != own; });
    wrong += next != 5;
  });
  CHECK(wrong == 0);
}

TEST_CASE(
    "parallel: an exception comes back, blocks that had not begun are left out, and all goes on") {
  for (const std::size_t count : {1u, 2u}) {
    const Threads set(count);
    std::atomic<int> begun{0};
    const auto task = [&](std::size_t b) {
      ++begun;
      if (b % 2 == 0) throw std::runtime_error("block");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
    CHECK_THROWS_WITH_AS(parallel_for(200, task), "block", std::runtime_error);
    CHECK(begun < 200);
    CHECK_THROWS_WITH_AS(parallel_for(1, task), "block", std::runtime_error);
    CHECK(calls(50) == std::vector<int>(50, 1));
  }
}

TEST_CASE("parallel: the number of threads must make sense, and cannot change within a task") {
  CHECK_ERROR("at least 1 thread", set_threads(0));
  const Threads set(2);
  CHECK_ERROR("within a task", parallel_for(4, [](std::size_t) { set_threads(3); }));
  CHECK(threads() == 2);
  parallel_for(4, [](std::size_t) { CHECK(threads() == 2); });
}

TEST_CASE("parallel: all blocks treat subnormal numbers as the caller does") {
  const Threads set(4);  // the first task starts the pool
  const auto halves = [] {
    static volatile float smallest_normal = 1.17549435e-38f;
    std::vector<float> results(64);
    parallel_for(results.size(), [&](std::size_t b) {
      results[b] = smallest_normal / 2;
      std::this_thread::sleep_for(std::chrono::microseconds(100));  // so that all threads get some
    });
    return results;
  };
  const float half = 1.17549435e-38f / 2;
  {
    const FlushSubnormals flush;
    CHECK(halves() == std::vector<float>(64, FlushSubnormals::active() ? 0.0f : half));
  }
  CHECK(halves() == std::vector<float>(64, half));
}

TEST_CASE("parallel: the number of threads can be asked for by a thread that a block waits for") {
  const Threads set(2);
  parallel_for(4, [](std::size_t) {
    std::thread other([] { CHECK(threads() == 2); });
    other.join();
  });
}

TEST_CASE("parallel: processors are at least one, and as many as the system says at most") {
  CHECK(processors() >= 1);
  CHECK(processors() <= std::max(1u, std::thread::hardware_concurrency()));
}

// ctest runs this with REEL_THREADS set.
TEST_CASE("parallel: the environment's number of threads") {
  const char* const text = std::getenv("REEL_THREADS");
  if (!text) return;
  if (std::string(text) == "3")
    CHECK(threads() == 3);
  else
    CHECK_ERROR("[threads] REEL_THREADS is \"" + std::string(text) + '"', threads());
}

TEST_CASE("parallel: a child of fork has threads of its own, and ends") {
  const Threads set(2);
  CHECK(calls(10) == std::vector<int>(10, 1));
#ifdef __SANITIZE_THREAD__  // it does not allow threads in a child
  return;
#endif
  const pid_t child = ::fork();
  if (child == 0) std::exit(calls(1000) == std::vector<int>(1000, 1) ? 0 : 1);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(calls(10) == std::vector<int>(10, 1));
}

TEST_CASE("parallel: random tasks, nested, throwing, and on two threads of the user's at once") {
  const Threads set(2);
  std::atomic<int> wrong{0};
  const auto storm = [&](std::uint64_t seed) {
    Rng rng(seed);
    std::vector<int> counts;
    for (int call = 0; call < 50000; ++call) {
      const std::size_t blocks = rng.below(rng.below(20) == 0 ? 3000 : 20);
      const bool nested = rng.below(8) == 0, throws = rng.below(8) == 0;
      const std::size_t thrower = rng.below(20);
      counts.assign(blocks, 0);
      bool caught = false;
      try {
        parallel_for(blocks, [&](std::size_t b) {
          ++counts[b];
          if (nested)
            parallel_for(3, [&](std::size_t inner) {
              if (inner == 2)
                ++counts[b];  // alone: with a single outer block, inner tasks use threads
            });
          if (throws && b == thrower) throw std::runtime_error("thrown");
        });
      } catch (const std::runtime_error&) {
        caught = true;
      }
      wrong += caught != (throws && thrower < blocks);
      for (const int count : counts) wrong += count != 1 + nested && !(caught && count == 0);
    }
  };
  std::thread other(storm, 1);
  storm(2);
  other.join();
  CHECK(wrong == 0);
}
