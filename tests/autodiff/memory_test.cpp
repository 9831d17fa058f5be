// The caching allocator: which blocks it keeps, for which thread, and how many.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>
#include <set>
#include <thread>
#include <vector>

#include <reel/autodiff/core/memory.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/ops.h>

namespace reel {
namespace {

constexpr std::size_t mebi = std::size_t{1} << 20;
constexpr std::size_t thread_limit = 64 * mebi, shared_limit = 256 * mebi, largest_kept = 32 * mebi;

bool aligned(const void* block) {
  return reinterpret_cast<std::uintptr_t>(block) % memory::alignment == 0;
}

// Clears the lists at the start and at the end.
struct EmptyLists {
  EmptyLists() { memory::release(); }
  ~EmptyLists() { memory::release(); }
};

}  // namespace

TEST_CASE("blocks of every size are aligned, apart and writable to their end") {
  const EmptyLists scope;
  std::vector<std::size_t> sizes{0, 1, 63, 64, 65, 95, 96, 97, 127, 128, 129, 191, 192, 193};
  for (std::size_t power = 256; power <= 2 * mebi; power *= 2)
    for (const std::size_t size : {power - 1, power, power + 1, power + power / 2, 7 * power / 4})
      sizes.push_back(size);
  for (int round = 0; round < 2; ++round) {  // from the heap, then from the lists
    std::vector<unsigned char*> blocks;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      blocks.push_back(static_cast<unsigned char*>(memory::allocate(sizes[i])));
      CHECK(aligned(blocks.back()));
      std::memset(blocks.back(), static_cast<int>(i), sizes[i]);
    }
    CHECK(std::set<void*>(blocks.begin(), blocks.end()).size() == sizes.size());
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      bool intact = true;
      for (std::size_t b = 0; b < sizes[i]; ++b)
        intact &= blocks[i][b] == static_cast<unsigned char>(i);
      CHECK(intact);
      memory::deallocate(blocks[i], sizes[i]);
    }
  }
}

TEST_CASE("a freed block comes back for a request of its size class") {
  if (!memory::caching()) return;
  const EmptyLists scope;
  for (const std::size_t bytes : {1U, 64U, 100U, 1000U, 4096U, 100000U}) {
    void* block = memory::allocate(bytes);
    const std::size_t calls = memory::stats().heap_calls;
    memory::deallocate(block, bytes);
    CHECK(memory::stats().cached >= bytes);
    CHECK(memory::allocate(bytes) == block);
    CHECK(memory::stats().cached == 0);
    CHECK(memory::stats().heap_calls == calls);
    memory::deallocate(block, bytes);
    memory::release();
    CHECK(memory::stats().cached == 0);
  }
  void* block = memory::allocate(1000);  // from the size class up to 1024
  memory::deallocate(block, 1000);
  CHECK(memory::allocate(1024) == block);
  memory::deallocate(block, 1024);
  CHECK(memory::stats().cached == 1024);
  void* larger = memory::allocate(1025);
  CHECK(larger != block);
  memory::deallocate(larger, 1025);
}

TEST_CASE("a thread's list is bounded, and so is the shared one") {
  if (!memory::caching()) return;
  const EmptyLists scope;
  constexpr std::size_t block_bytes = 16 * mebi;  // never touched, so they cost no memory
  std::vector<void*> blocks;
  for (std::size_t i = 0; i < (thread_limit + shared_limit) / block_bytes + 3; ++i)
    blocks.push_back(memory::allocate(block_bytes));
  std::size_t freed = 0;
  for (void* block : blocks) {
    memory::deallocate(block, block_bytes);
    freed += block_bytes;
    CHECK(memory::stats().cached == std::min(freed, thread_limit));
    CHECK(memory::stats().shared == std::min(freed - memory::stats().cached, shared_limit));
  }
  // both lists serve the next requests from cached blocks
  const std::size_t calls = memory::stats().heap_calls;
  blocks.clear();
  for (std::size_t i = 0; i < (thread_limit + shared_limit) / block_bytes; ++i)
    blocks.push_back(memory::allocate(block_bytes));
  CHECK(memory::stats().heap_calls == calls);
  CHECK(memory::stats().cached == 0);
  CHECK(memory::stats().shared == 0);
  for (void* block : blocks) memory::deallocate(block, block_bytes);
  memory::release();
  CHECK(memory::stats().cached == 0);
  CHECK(memory::stats().shared == 0);
}

TEST_CASE("huge blocks are not kept") {
  const EmptyLists scope;
  void* block = memory::allocate(largest_kept + 1);
  CHECK(aligned(block));
  memory::deallocate(block, largest_kept + 1);
  CHECK(memory::stats().cached == 0);
  CHECK(memory::stats().shared == 0);
  block = memory::allocate(largest_kept);
  memory::deallocate(block, largest_kept);
  CHECK(memory::stats().cached == (memory::caching() ? largest_kept : 0));
}

TEST_CASE("without caching every block goes back at once") {
  if (memory::caching()) return;
  const std::size_t calls = memory::stats().heap_calls;
  memory::deallocate(memory::allocate(100), 100);
  memory::deallocate(memory::allocate(100), 100);
  CHECK(memory::stats().heap_calls == calls + 2);
  CHECK(memory::stats().cached == 0);
}

TEST_CASE("a block may be freed on another thread, which keeps it") {
  const EmptyLists scope;
  void* block = memory::allocate(5000);
  std::size_t kept_there = 0;
  bool same = false;
  std::thread([&] {
    memory::deallocate(block, 5000);
    kept_there = memory::stats().cached;
    void* again = memory::allocate(5000);
    same = again == block;
    memory::deallocate(again, 5000);
  }).join();
  CHECK(memory::stats().cached == 0);
  if (!memory::caching()) return;
  CHECK(kept_there >= 5000);
  CHECK(same);
}

TEST_CASE("a thread that ends hands its blocks to the others") {
  if (!memory::caching()) return;
  const EmptyLists scope;
  void* block = nullptr;
  std::thread([&] {
    block = memory::allocate(7000);
    memory::deallocate(block, 7000);
  }).join();
  CHECK(memory::stats().shared >= 7000);
  const std::size_t calls = memory::stats().heap_calls;
  CHECK(memory::allocate(7000) == block);
  CHECK(memory::stats().heap_calls == calls);
  CHECK(memory::stats().shared == 0);
  memory::deallocate(block, 7000);
}

TEST_CASE("threads that pass blocks around") {
  const EmptyLists scope;
  std::vector<std::thread> threads;
  std::vector<std::vector<void*>> blocks(4);
  for (std::size_t t = 0; t < 4; ++t)
    threads.emplace_back([&mine = blocks[t]] {
      for (std::size_t i = 0; i < 500; ++i) {
        mine.push_back(memory::allocate(64 + 40 * i));
        std::memset(mine.back(), 1, 64 + 40 * i);
      }
    });
  for (std::thread& thread : threads) thread.join();
  threads.clear();
  for (std::size_t t = 0; t < 4; ++t)
    threads.emplace_back([&other = blocks[(t + 1) % 4]] {
      for (std::size_t i = 0; i < 500; ++i) memory::deallocate(other[i], 64 + 40 * i);
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(memory::stats().cached == 0);
}

TEST_CASE("a request that no heap can serve") {
  CHECK_THROWS_AS(memory::Allocator<double>{}.allocate(SIZE_MAX / 4), std::bad_alloc);
}

inline namespace REEL_PRECISION {

TEST_CASE("a training step in steady state asks the heap for nothing") {
  if (!memory::caching()) return;
  const Parameter w(full({10, 20}, Real(0.1))), b(zeros({10}));
  const Labels labels{1, 2, 3, 4};
  std::size_t calls = 0;
  for (int step = 0; step < 60; ++step) {
    if (step == 10) calls = memory::stats().heap_calls;
    Tape tape;
    const Var x = full({4, 20}, Real(0.01) * Real(step));
    const Var h = affine(x, w, b);
    tape.backward(softmax_cross_entropy(relu(h) + tanh(h), labels) + sum(square(w)));
    for (Parameter p : {w, b}) {
      p.mutate() -= Real(0.1) * *p.gradient();
      p.clear_gradient();
    }
  }
  CHECK(calls > 0);
  CHECK(memory::stats().heap_calls == calls);
}

}  // namespace REEL_PRECISION
}  // namespace reel
