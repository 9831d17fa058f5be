// The caching allocator under every tensor: a freed block comes back at the next request of its
// size.
#pragma once

#include <cstddef>
#include <limits>
#include <new>

namespace reel::memory {

/// Every block starts at a multiple of this.
inline constexpr std::size_t alignment = 64;

/// At least `bytes` bytes; from this thread's list, else from the shared list, else from the heap.
/// Throws std::bad_alloc.
void* allocate(std::size_t bytes);

/// Gives back what `allocate(bytes)` returned; on any thread.
void deallocate(void* block, std::size_t bytes) noexcept;

/// The allocator's counters, over all threads; `cached` is of the calling thread.
struct Stats {
  std::size_t cached = 0;      ///< bytes in this thread's lists
  std::size_t shared = 0;      ///< bytes in the shared lists
  std::size_t heap_calls = 0;  ///< blocks ever requested from the heap
};
Stats stats();

/// Returns this thread's and the shared lists' blocks to the heap.
void release();

/// Whether blocks are kept; false in builds with a sanitizer, so that it sees every overrun.
bool caching() noexcept;

/// The allocator that tensors, tapes and their bookkeeping share.
template <class T>
struct Allocator {
  using value_type = T;

  Allocator() = default;
  template <class U>
  Allocator(const Allocator<U>&) noexcept {}

  T* allocate(std::size_t n) {
    if (n > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_alloc();
    return static_cast<T*>(memory::allocate(n * sizeof(T)));
  }
  void deallocate(T* block, std::size_t n) noexcept { memory::deallocate(block, n * sizeof(T)); }

  friend bool operator==(const Allocator&, const Allocator&) noexcept { return true; }
};

}  // namespace reel::memory
