// Loads memory into the cache before it is used.
#pragma once

#include <cstddef>
#include <cstdint>

namespace reel {

/// Starts to load these bytes into the cache; returns at once. Any address is allowed.
inline void prefetch(const void* memory, std::size_t bytes) noexcept {
  constexpr std::size_t line = 64;
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  if (bytes == 0) return;
  for (std::uintptr_t i = begin & ~(line - 1); i < begin + bytes; i += line)
    __builtin_prefetch(reinterpret_cast<const void*>(i));
  asm volatile("");  // g++ 12 removes calls of a function that does nothing but prefetch
}

}  // namespace reel
