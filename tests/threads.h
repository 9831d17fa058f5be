// Threads: sets the number of threads for the duration of a test; it may exceed the number of
// processors.
#pragma once

#include <reel/autodiff/core/parallel.h>

namespace reel {

struct Threads {
  explicit Threads(std::size_t count) { set_threads(count, true); }
  ~Threads() { set_threads(before); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  std::size_t before = threads();
};

}  // namespace reel
