// Free lists by size class: each thread has bounded lists; locked shared lists take the rest.
#include <reel/autodiff/core/memory.h>

#include <array>
#include <atomic>
#include <bit>
#include <mutex>

#include <reel/autodiff/core/pool.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define REEL_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define REEL_SANITIZED 1
#endif
#endif
#ifndef REEL_SANITIZED
#define REEL_SANITIZED 0
#endif

namespace reel::memory {
namespace {

constexpr std::size_t smallest = alignment;
constexpr std::size_t largest_cached = std::size_t{32} << 20;
constexpr std::size_t thread_limit = std::size_t{64} << 20;
constexpr std::size_t shared_limit = std::size_t{256} << 20;

// Class 2k holds blocks of 64·2^k bytes, class 2k + 1 of 96·2^k, rounded up to the alignment.
constexpr std::size_t class_bytes(std::size_t c) {
  const std::size_t bytes = (c % 2 ? smallest + smallest / 2 : smallest) << (c / 2);
  return (bytes + alignment - 1) / alignment * alignment;
}

constexpr std::size_t class_of(std::size_t bytes) {
  if (bytes <= smallest) return 0;
  const auto k = static_cast<std::size_t>(std::bit_width((bytes - 1) / smallest)) - 1;
  return bytes <= class_bytes(2 * k + 1) ? 2 * k + 1 : 2 * k + 2;
}

constexpr std::size_t classes = class_of(largest_cached) + 1;
static_assert(class_bytes(class_of(65)) == 128 && class_bytes(class_of(129)) == 192 &&
              class_bytes(class_of(193)) == 256 && class_bytes(class_of(257)) == 384);

std::atomic<std::size_t> heap_calls{0};

void* from_heap(std::size_t bytes) {
  heap_calls.fetch_add(1, std::memory_order_relaxed);
  return ::operator new (bytes, std::align_val_t{alignment});
}

void to_heap(void* block) noexcept { ::operator delete (block, std::align_val_t{alignment}); }

struct FreeBlock {
  FreeBlock* next;
};

// One stack of free blocks for each size class, and the bytes in all of them.
struct Lists {
  std::array<FreeBlock*, classes> heads{};
  std::size_t bytes = 0;

  void* pop(std::size_t c) noexcept {
    FreeBlock* block = heads[c];
    if (!block) return nullptr;
    heads[c] = block->next;
    bytes -= class_bytes(c);
    return block;
  }

  bool push(void* block, std::size_t c, std::size_t limit) noexcept {
    if (bytes + class_bytes(c) > limit) return false;
    heads[c] = ::new (block) FreeBlock{heads[c]};
    bytes += class_bytes(c);
    return true;
  }

  // Returns all cached blocks except those of class c to the heap, to make room for class c.
  void keep_only(std::size_t c) noexcept {
    for (std::size_t other = 0; other < classes; ++other)
      while (other != c && heads[other]) to_heap(pop(other));
  }
};

// Never destroyed, because threads may outlive main.
struct Shared {
  std::mutex mutex;
  Lists lists;
  std::atomic<std::size_t> bytes{0};  // lists.bytes, readable without the lock

  void* pop(std::size_t c) noexcept {
    if (bytes.load(std::memory_order_relaxed) == 0) return nullptr;
    const std::lock_guard lock(mutex);
    void* block = lists.pop(c);
    bytes.store(lists.bytes, std::memory_order_relaxed);
    return block;
  }

  bool push(void* block, std::size_t c) noexcept {
    if (bytes.load(std::memory_order_relaxed) + class_bytes(c) > shared_limit) return false;
    const std::lock_guard lock(mutex);
    const bool kept = lists.push(block, c, shared_limit);
    bytes.store(lists.bytes, std::memory_order_relaxed);
    return kept;
  }
};

Shared& shared() {
  alignas(Shared) static std::byte storage[sizeof(Shared)];
  static Shared* const instance = ::new (storage) Shared;
  return *instance;
}

// This thread's lists. When the thread ends, its blocks go to the shared lists for other threads.
struct Local : Lists {
  ~Local() {
    for (std::size_t c = 0; c < classes; ++c)
      while (void* block = pop(c))
        if (!shared().push(block, c)) to_heap(block);
  }
};

Local* local() { return of_thread<Local>(); }

}  // namespace

bool caching() noexcept { return !REEL_SANITIZED; }

void* allocate(std::size_t bytes) {
  if (!caching() || bytes > largest_cached) return from_heap(bytes);
  const std::size_t c = class_of(bytes);
  if (Local* const lists = local())
    if (void* block = lists->pop(c)) return block;
  if (void* block = shared().pop(c)) return block;
  return from_heap(class_bytes(c));
}

void deallocate(void* block, std::size_t bytes) noexcept {
  Local* const lists = local();
  if (caching() && bytes <= largest_cached && lists) {
    const std::size_t c = class_of(bytes);
    if (lists->push(block, c, thread_limit)) return;
    lists->keep_only(c);
    if (lists->push(block, c, thread_limit) || shared().push(block, c)) return;
  }
  to_heap(block);
}

Stats stats() {
  return {local() ? local()->bytes : 0, shared().bytes.load(std::memory_order_relaxed),
          heap_calls.load(std::memory_order_relaxed)};
}

void release() {
  for (std::size_t c = 0; c < classes; ++c) {
    if (Local* const lists = local())
      while (void* block = lists->pop(c)) to_heap(block);
    while (void* block = shared().pop(c)) to_heap(block);
  }
}

}  // namespace reel::memory
