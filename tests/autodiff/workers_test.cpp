// Workers: shares that cover everything once, tasks on every thread, and failures.
#include <reel/autodiff/core/workers.h>

#include <doctest/doctest.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "../throws.h"

using namespace reel;

TEST_CASE("workers: shares cover everything once, in order, as even as their grain allows") {
  for (const std::size_t n : {0u, 1u, 2u, 7u, 64u, 100u, 4097u})
    for (const std::size_t count : {1u, 2u, 3u, 8u})
      for (const std::size_t grain : {1u, 16u, 4096u}) {
        CAPTURE(n);
        CAPTURE(count);
        CAPTURE(grain);
        std::size_t end = 0, least = n, most = 0;
        for (std::size_t i = 0; i < count; ++i) {
          const Share share = share_of(n, i, count, grain);
          CHECK(share.begin == end);
          CHECK((share.begin % grain == 0 || share.begin == n));
          CHECK(share.end >= share.begin);
          end = share.end;
          least = std::min(least, share.size());
          most = std::max(most, share.size());
        }
        CHECK(end == n);
        CHECK(most - least <= grain);
      }
}

TEST_CASE("workers: a task runs once on each thread, the caller's among them") {
  for (const std::size_t count : {1u, 2u, 5u}) {
    Workers workers(count);
    CHECK(workers.count() == count);
    for (int round = 0; round < 200; ++round) {
      std::vector<std::thread::id> threads(count);
      workers.run([&](std::size_t w) { threads[w] = std::this_thread::get_id(); });
      CHECK(threads[0] == std::this_thread::get_id());
      CHECK(std::set(threads.begin(), threads.end()).size() == count);
    }
  }
}

TEST_CASE("workers: what is written before is seen, and what they write after") {
  Workers workers(3);
  std::vector<unsigned> numbers(3);  // which may wrap around
  for (int round = 0; round < 1000; ++round) {
    for (unsigned& n : numbers) n += 1;
    workers.run([&](std::size_t w) { numbers[w] *= 2; });
    workers.run([&](std::size_t w) { numbers[w] -= numbers[w] / 2 - numbers[w] / 4; });
  }
  CHECK(numbers[1] == numbers[0]);
  CHECK(numbers[2] == numbers[0]);
}

TEST_CASE("workers: threads that have fallen asleep wake up") {
  Workers workers(2);
  std::atomic<int> runs{0};
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    workers.run([&](std::size_t w) {
      if (w == 1) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      ++runs;
    });
  }
  CHECK(runs == 6);
}

TEST_CASE("workers: the failure of the first comes out, after all have ended") {
  Workers workers(3);
  std::atomic<int> ended{0};
  const auto fail_in = [&](std::set<std::size_t> who) {
    workers.run([&, who](std::size_t w) {
      if (who.contains(w)) throw std::runtime_error("worker " + std::to_string(w));
      ++ended;
    });
  };
  CHECK_THROWS_WITH(fail_in({2}), "worker 2");
  CHECK(ended == 2);
  CHECK_THROWS_WITH(fail_in({0, 1, 2}), "worker 0");
  CHECK_THROWS_WITH(fail_in({1, 2}), "worker 1");
  CHECK_NOTHROW(fail_in({}));
  CHECK(ended == 2 + 1 + 3);
}

TEST_CASE("workers: the caller may use the same processors as before") {
  cpu_set_t before, after;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  CHECK(Workers::processors() == static_cast<std::size_t>(CPU_COUNT(&before)));
  const Workers workers(Workers::processors());
  REQUIRE(sched_getaffinity(0, sizeof after, &after) == 0);
  CHECK(CPU_EQUAL(&before, &after));
}

TEST_CASE("workers: none is an error") { CHECK_ERROR("[workers] there must be", Workers(0)); }
