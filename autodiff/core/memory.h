// The caching allocator under every tensor: it keeps a freed block for the next request of that
// size.
#pragma once

#include <cstddef>
#include <limits>
#include <new>

namespace reel::memory {

/// The address of every block is a multiple of this.
inline constexpr std::size_t alignment = 64;

/// At least `bytes` bytes: from this thread's lists, else from the shared lists, else from the
/// heap. Throws std::bad_alloc.
void* allocate(std::size_t bytes);

/// Returns a block that `allocate(bytes)` gave out; any thread may call it.
void deallocate(void* block, std::size_t bytes) noexcept;

/// The counters of the allocator, over all threads; `cached` is for the calling thread only.
struct Stats {
  std::size_t cached = 0;      ///< bytes in this thread's lists
  std::size_t shared = 0;      ///< bytes in the shared lists
  std::size_t heap_calls = 0;  ///< blocks ever requested from the heap
};
/// The counters at this moment.
Stats stats();

/// Returns the blocks in this thread's lists and in the shared lists to the heap.
void release();

/// Whether freed blocks are kept. False in sanitizer builds, so that the sanitizer sees every
/// overrun.
bool caching() noexcept;

/// The allocator of all tensors, tapes and their bookkeeping.
template <class T>
struct Allocator {
  using value_type = T;

  Allocator() = default;
  /// All allocators are alike, so one for another type becomes one for T.
  template <class U>
  Allocator(const Allocator<U>&) noexcept {}

  /// Memory for n values of T. Throws std::bad_alloc.
  T* allocate(std::size_t n) {
    if (n > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_alloc();
    return static_cast<T*>(memory::allocate(n * sizeof(T)));
  }
  /// Returns the memory that `allocate(n)` gave out.
  void deallocate(T* block, std::size_t n) noexcept { memory::deallocate(block, n * sizeof(T)); }

  /// Always true: memory from one may be returned through another.
  friend bool operator==(const Allocator&, const Allocator&) noexcept { return true; }
};

}  // namespace reel::memory
