// Counts heap allocations of the whole process; those inside a BLAS call are counted separately.
#pragma once

#include <cstddef>

namespace reel::bench {

struct Allocations {
  std::size_t operator_new = 0;  ///< all forms; each also counts as the function that it calls
  std::size_t malloc = 0;        ///< also calloc and realloc
  std::size_t aligned_alloc = 0;
  std::size_t posix_memalign = 0;
  std::size_t inside_blas = 0;  ///< of any kind, during a product; not in the counts above

  std::size_t outside_blas() const { return malloc + aligned_alloc + posix_memalign; }
};

/// The counts since the start of the process.
Allocations allocations();
Allocations operator-(const Allocations& a, const Allocations& b);

}  // namespace reel::bench
