// fit when memory gives out, at each tensor in turn: that comes out, and no thread waits for ever.
// A program of its own, since it replaces the operator that makes tensors.
#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <vector>

#include <reel/autodiff/core/memory.h>
#include <reel/nn/sequential.h>
#include <reel/optim/adam.h>
#include <reel/train/fit.h>

#include "quadrants.h"

namespace {

std::atomic<long> tensors_left{-1};  // until one fails; negative: none will

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

// Whether memory gave out in two epochs on `threads` threads, at tensor `n`. The model sums over
// the batch; it has wide layers, whose images are needed while the next ones are gathered, or a
// first one that threads share out by columns.
bool gives_out(std::size_t threads, bool by_columns, long n) {
  const std::vector<std::size_t> wide{2, 300, 260, 2}, narrow{100, 4, 2};
  nn::Sequential model = nn::mlp(by_columns ? narrow : wide, nn::relu, {.batch_norm = true});
  Rng rng(1);
  nn::init(model, rng);
  optim::Adam adam(model.parameters(), {.lr = 0.01});
  const data::Dataset points =
      by_columns ? data::Dataset::from_arrays(full({12, 100}, 1), Labels(12, 1), {.classes = 2})
                 : quadrants(12);
  memory::release();  // so that there is one to fail
  tensors_left = n;
  bool gave_out = false;
  try {
    fit(model, adam, points, rng, {.epochs = 2, .batch = 6, .threads = threads});
  } catch (const std::bad_alloc&) {
    gave_out = true;
  }
  CHECK(gave_out == (tensors_left < 0));
  tensors_left = -1;
  return gave_out;
}

}  // namespace

TEST_CASE("fit: memory that gives out comes out, wherever it does") {
  for (const bool by_columns : {false, true})
    for (const std::size_t threads : {1u, 2u, 3u}) {
      CAPTURE(threads);
      CAPTURE(by_columns);
      long n = 0;
      while (gives_out(threads, by_columns, n)) ++n;
      CHECK(n > 10);
    }
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
