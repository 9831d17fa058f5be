// Asking for memory before it is used.
#pragma once

#include <cstddef>
#include <cstdint>

namespace reel {
namespace detail {

// The empty asm is there because g++ 12 removes calls of a function that does nothing but prefetch.
template <bool to_write>
void prefetch_lines(const void* memory, std::size_t bytes) noexcept {
  constexpr std::size_t line = 64;
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  if (bytes == 0) return;
  for (std::uintptr_t i = begin & ~(line - 1); i < begin + bytes; i += line)
    __builtin_prefetch(reinterpret_cast<const void*>(i), to_write);
  asm volatile("");
}

}  // namespace detail

/// Has these bytes brought into the cache while this thread goes on. Any address will do.
inline void prefetch(const void* memory, std::size_t bytes) noexcept {
  detail::prefetch_lines<false>(memory, bytes);
}
/// The same for bytes that will be written. What another processor has read since must be taken
/// from it before a write; this thread would wait for that line by line.
inline void prefetch_to_write(const void* memory, std::size_t bytes) noexcept {
  detail::prefetch_lines<true>(memory, bytes);
}

}  // namespace reel
