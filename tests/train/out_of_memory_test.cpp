// fit when memory runs out, at each tensor in turn: the exception arrives, and no thread waits
// forever. A separate program, because it replaces the operator that makes tensors.
#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <tuple>
#include <vector>

#include <reel/autodiff/core/memory.h>
#include <reel/nn/sequential.h>
#include <reel/optim/adam.h>
#include <reel/train/fit.h>

#include "../threads.h"
#include "quadrants.h"

namespace {

std::atomic<long> tensors_left{-1};  // until one fails; negative: none fails

}  // namespace

void* operator new(std::size_t bytes, std::align_val_t alignment) {
  if (tensors_left.load() >= 0 && tensors_left.fetch_sub(1) == 0) throw std::bad_alloc();
  const auto grain = static_cast<std::size_t>(alignment);
  void* const block = std::aligned_alloc(grain, (bytes + grain - 1) / grain * grain);
  if (!block) throw std::bad_alloc();
  return block;
}
void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

// Whether memory ran out in two epochs, at tensor `n`. The layers are so wide that threads share
// their products.
bool gives_out(std::size_t count, long n) {
  const Threads set(count);
  nn::Sequential model = nn::mlp({2, 1200, 1000, 2}, nn::relu, {.batch_norm = true});
  Rng rng(1);
  nn::init(model, rng);
  optim::Adam adam(model.parameters(), {.lr = 0.01});
  const data::Dataset points = quadrants(12);
  memory::release();  // so that a new allocation must be made
  tensors_left = n;
  bool gave_out = false;
  try {
    std::ignore = fit(model, adam, points, rng, {.epochs = 2, .batch_size = 6});
  } catch (const std::bad_alloc&) {
    gave_out = true;
  }
  CHECK(gave_out == (tensors_left < 0));
  tensors_left = -1;
  return gave_out;
}

}  // namespace

TEST_CASE("fit: memory that gives out comes out, wherever it does") {
  constexpr long step = REEL_SANITIZED ? 5 : 1;
  for (const std::size_t count : {1u, 2u}) {
    CAPTURE(count);
    long n = 0;
    while (gives_out(count, n)) n += step;
    CHECK(n > 10);
  }
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
