// Handles to tensors: owning, borrowing, and small tensors that are recycled.
#include <reel/autodiff/tensor/shared_tensor.h>

#include <doctest/doctest.h>

#include <thread>
#include <utility>
#include <vector>

#include <reel/autodiff/core/memory.h>

#include "../near.h"

namespace reel::inline REEL_PRECISION {
namespace {

// An expression, so that its tensor may be a recycled one.
SharedTensor sum_of(const Tensor& a, const Tensor& b) { return a + b; }

TEST_CASE("shared tensor: copies share, moves hand over, assignment lets go") {
  const SharedTensor first = vector({1, 2, 3});
  CHECK(first.unique());
  SharedTensor second = first;
  CHECK_FALSE(first.unique());
  CHECK(second.identity() == first.identity());
  SharedTensor third = std::move(second);
  CHECK_FALSE(second);
  CHECK(third.identity() == first.identity());
  SharedTensor& self = third;
  third = self;
  CHECK(third.identity() == first.identity());
  third = {};
  CHECK_FALSE(third);
  CHECK(first.unique());
  CHECK(*first == vector({1, 2, 3}));
}

TEST_CASE("shared tensor: a borrowed handle keeps nothing alive and is never the only one") {
  const SharedTensor owner = vector({4});
  const SharedTensor borrowed = owner.borrowed(), copy = borrowed;
  CHECK(owner.unique());
  CHECK_FALSE(borrowed.unique());
  CHECK(copy.identity() == owner.identity());
  CHECK(copy.version() == 0);
  owner.mutate()(0) = 5;
  CHECK(borrowed.version() == 1);
  CHECK((*copy)(0) == 5);
}

TEST_CASE("shared tensor: an empty handle is not unique, has no notes and no identity") {
  const SharedTensor empty;
  CHECK_FALSE(empty.unique());
  CHECK_FALSE(empty.has_metadata());
  CHECK(empty.identity() == nullptr);
  CHECK_FALSE(empty.borrowed());
}

TEST_CASE("shared tensor: one that is kept comes back as new") {
  const Tensor a = vector({1, 2, 3}), b = vector({10, 20, 30});
  const void* place = nullptr;
  {
    const SharedTensor old = sum_of(a, b);
    place = old.identity();
    old.mutate()(1) = 7;
    old.metadata().name = "old";
  }
  const SharedTensor fresh = sum_of(b, b);
  if (memory::caching()) CHECK(fresh.identity() == place);
  CHECK(*fresh == vector({20, 40, 60}));
  CHECK(fresh.version() == 0);
  CHECK(fresh.unique());
  CHECK_FALSE(fresh.has_metadata());
}

TEST_CASE("shared tensor: of a shape, to be written, or full of one number") {
  for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 0}, Shape{40, 784}, Shape{300, 300}}) {
    CAPTURE(to_string(shape));
    const void* place = nullptr;
    for (int round = 1; round <= 2; ++round) {
      const SharedTensor open = SharedTensor::of_shape(shape);
      CHECK(open->shape() == shape);
      CHECK(open.unique());
      CHECK(open.version() == 0);
      const bool kept = memory::caching() && open->size() * sizeof(Real) <= (1 << 15);
      if (round == 2 && kept) CHECK(open.identity() == place);
      place = open.identity();
      open.mutate().fill(Real(round));
      CHECK(*open == full(shape, Real(round)));
    }
    const SharedTensor filled = SharedTensor::full(shape, 7);
    CHECK(*filled == full(shape, 7));
    CHECK(filled.version() == 0);
  }
}

TEST_CASE("shared tensor: only one of the same shape comes back, and nothing that is in use") {
  std::vector<SharedTensor> held;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t n = 1; n < 200; ++n) {  // more shapes than there are lists
      held.push_back(sum_of(full({n}, 1), full({n}, 2)));
      held.push_back(sum_of(full({n, 1}, 1), full({n, 1}, 3)));
      held.push_back(sum_of(full({1, n}, 1), full({1, n}, 4)));
    }
    for (std::size_t i = 0; i < held.size(); i += 3) {
      const std::size_t n = i / 3 + 1;
      REQUIRE(*held[i] == full({n}, 3));
      REQUIRE(*held[i + 1] == full({n, 1}, 4));
      REQUIRE(*held[i + 2] == full({1, n}, 5));
    }
    held.clear();
  }
}

TEST_CASE("shared tensor: one that was resized goes back to the allocator") {
  for (int round = 0; round < 3; ++round) {
    const SharedTensor x = sum_of(full({6}, 1), full({6}, 1));
    REQUIRE(*x == full({6}, 2));
    x.mutate().resize({2, 4});
  }
  const SharedTensor y = sum_of(full({2, 4}, 1), full({2, 4}, 2));
  CHECK(*y == full({2, 4}, 3));
  if (!memory::caching()) return;
  memory::release();
  { sum_of(full({6}, 1), full({6}, 1)).mutate().resize({1000}); }
  CHECK(memory::stats().cached >= 1000 * sizeof(Real));
}

TEST_CASE("shared tensor: one that was moved from is not kept") {
  const Tensor one = scalar(1);
  {
    const SharedTensor x = sum_of(full({6}, 1), full({6}, 1));
    const Tensor taken = std::move(x.mutate());
    CHECK(taken == full({6}, 2));
  }
  for (int i = 0; i < 3; ++i) CHECK(item(*sum_of(one, one)) == 2);
  {
    const SharedTensor none = SharedTensor::of_shape({2, 0});  // it is in the list of scalars
    const Tensor taken = std::move(none.mutate());
  }
  for (int i = 0; i < 3; ++i) CHECK(item(*sum_of(one, one)) == 2);
}

TEST_CASE("shared tensor: numbers, empty tensors and large ones") {
  for (int round = 0; round < 2; ++round) {
    CHECK(*sum_of(scalar(1), scalar(2)) == scalar(3));
    CHECK(sum_of(zeros({0, 3}), zeros({0, 3}))->shape() == Shape{0, 3});
    CHECK(*sum_of(full({100, 100}, 1), full({100, 100}, 1)) == full({100, 100}, 2));
    CHECK(*SharedTensor(full({2, 1}, 1) + full({1, 2}, 1)) == full({2, 2}, 2));  // broadcast
  }
}

TEST_CASE("shared tensor: made on one thread, let go on another that ends") {
  const Tensor a = full({5}, 1);
  for (int round = 0; round < 20; ++round) {
    std::vector<SharedTensor> made;
    for (int i = 0; i < 50; ++i) made.push_back(sum_of(a, a));
    std::thread([made = std::move(made)]() mutable { made.clear(); }).join();
  }
  CHECK(*sum_of(a, a) == full({5}, 2));
}

TEST_CASE("shared tensor: what is kept is bounded, the rest goes to the allocator") {
  if (!memory::caching()) return;
  constexpr std::size_t count = 20000, block = 64;  // least bytes for a number
  memory::release();
  {
    std::vector<SharedTensor> many;
    for (std::size_t i = 0; i < count; ++i) many.push_back(sum_of(scalar(1), scalar(1)));
  }
  CHECK(memory::stats().cached > count * 2 * block - (std::size_t{1} << 20));
  memory::release();
  CHECK(memory::stats().cached == 0);
}

}  // namespace
}  // namespace reel::inline REEL_PRECISION
