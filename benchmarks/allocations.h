// Counts heap allocations of the whole process, those inside a BLAS call apart.
#pragma once

#include <cstddef>

namespace reel::bench {

struct Allocations {
  std::size_t operator_new = 0;  ///< every form of it; each is also counted as what it calls
  std::size_t malloc = 0;        ///< and calloc and realloc
  std::size_t aligned_alloc = 0;
  std::size_t posix_memalign = 0;
  std::size_t inside_blas = 0;  ///< of any kind, during a product; not counted above

  std::size_t outside_blas() const { return malloc + aligned_alloc + posix_memalign; }
};

/// Since the start of the process.
Allocations allocations();
Allocations operator-(const Allocations& a, const Allocations& b);

}  // namespace reel::bench
