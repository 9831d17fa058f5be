// Barrier: nobody passes before all have come, and what the last to come does is seen by all.
#include <reel/autodiff/core/barrier.h>

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include <reel/autodiff/core/workers.h>

#include "../throws.h"

using namespace reel;

TEST_CASE("barrier: round after round, all have come and the completion is done before any goes") {
  for (const std::size_t count : {1u, 2u, 3u, 7u}) {
    CAPTURE(count);
    constexpr std::size_t rounds = 2000;
    Workers workers(count);
    Barrier barrier(count);
    std::vector<std::size_t> came(count, 0);  // written by one each, without atomics
    std::size_t completions = 0, sum = 0;
    std::atomic<std::size_t> wrong{0};
    workers.run([&](std::size_t w) {
      for (std::size_t i = 1; i <= rounds; ++i) {
        came[w] = i;
        const auto round = barrier.arrive([&] {
          ++completions;
          sum = 0;
          for (const std::size_t c : came) sum += c;
        });
        barrier.wait(round);
        if (sum != count * i || completions != i) ++wrong;
        barrier.wait(barrier.arrive([] {}));  // before anybody writes again
      }
    });
    CHECK(wrong == 0);
    CHECK(completions == rounds);
  }
}

TEST_CASE("barrier: a completion that throws does so for the last to come, and the others pass") {
  for (const std::size_t count : {1u, 2u, 5u}) {
    Workers workers(count);
    Barrier barrier(count);
    std::atomic<std::size_t> passed{0}, threw{0};
    for (int round = 0; round < 100; ++round)
      workers.run([&](std::size_t) {
        try {
          barrier.wait(barrier.arrive([] { throw std::runtime_error("no"); }));
          ++passed;
        } catch (const std::runtime_error&) {
          ++threw;
        }
      });
    CHECK(threw == 100);
    CHECK(passed == 100 * (count - 1));
  }
}

TEST_CASE("barrier: one that waits for the others works while they wait") {
  for (const std::size_t count : {1u, 2u, 7u}) {  // awake, and asleep
    CAPTURE(count);
    constexpr std::size_t rounds = 500;
    Workers workers(count);
    Barrier barrier(count);
    std::vector<std::size_t> came(count, 0);  // without atomics, as is the sum
    std::size_t sum = 0;
    std::atomic<std::size_t> wrong{0};
    workers.run([&](std::size_t w) {
      for (std::size_t i = 1; i <= rounds; ++i) {
        came[w] = i;
        if (w > 0) {
          barrier.wait(barrier.arrive([] {}));
          if (sum != count * i) ++wrong;
        } else {
          barrier.wait_for_others();
          sum = 0;
          for (const std::size_t c : came) sum += c;
          barrier.wait(barrier.arrive([] {}));
        }
        barrier.wait(barrier.arrive([] {}));  // before anybody writes again
      }
    });
    CHECK(wrong == 0);
    CHECK(sum == count * rounds);
  }
}

TEST_CASE("barrier: needs at least one thread") { CHECK_ERROR("[barrier]", Barrier(0)); }
