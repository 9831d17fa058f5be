// Batches: their sizes, their order, and the tensor of the batch before.
#include <reel/data/batches.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>
#include <vector>

#include "idx_files.h"

using namespace reel;
using namespace reel::testing;
using data::Batch;
using data::Dataset;

static_assert(std::input_iterator<data::Batches::Iterator>);
static_assert(std::sentinel_for<std::default_sentinel_t, data::Batches::Iterator>);
static_assert(std::ranges::input_range<const data::Batches>);

namespace {

// n samples of shape (2); sample i is (i, −i) with label i.
Dataset numbered(std::size_t n) {
  Tensor samples = uninitialized({n, 2});
  std::vector<Label> labels(n);
  for (std::size_t i = 0; i < n; ++i) {
    labels[i] = static_cast<Label>(i);
    samples(i, 0) = static_cast<Real>(i);
    samples(i, 1) = -static_cast<Real>(i);
  }
  return Dataset(samples, labels);
}

std::vector<Label> visited(const data::Batches& batches) {
  std::vector<Label> order;
  for (const Batch& batch : batches)
    order.insert(order.end(), batch.labels.begin(), batch.labels.end());
  return order;
}

std::vector<Label> counting(std::size_t n) {
  std::vector<Label> order(n);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

}  // namespace

TEST_CASE("batches: in order, the last one smaller") {
  const auto set = numbered(10);
  const auto batches = data::batches(set, {.batch_size = 4});
  CHECK(batches.count() == 3);
  std::vector<std::size_t> sizes;
  for (const auto& batch : batches) {
    sizes.push_back(batch.size());
    REQUIRE(batch.inputs->shape()[0] == batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      CHECK((*batch.inputs)(i, 0) == static_cast<Real>(batch.labels[i]));
      CHECK((*batch.inputs)(i, 1) == -static_cast<Real>(batch.labels[i]));
    }
  }
  CHECK(sizes == std::vector<std::size_t>{4, 4, 2});
  CHECK(visited(batches) == counting(10));
  CHECK(data::batches(set).count() == 1);
  CHECK(visited(data::batches(set)) == counting(10));
}

TEST_CASE("batches: counts at the edges") {
  const auto count = [](std::size_t n, std::size_t size, bool drop_last) {
    const auto batches = data::batches(numbered(n), {.batch_size = size, .drop_last = drop_last});
    CHECK(static_cast<std::size_t>(std::ranges::distance(batches)) == batches.count());
    return batches.count();
  };
  CHECK(count(8, 4, false) == 2);
  CHECK(count(8, 4, true) == 2);
  CHECK(count(9, 4, false) == 3);
  CHECK(count(9, 4, true) == 2);
  CHECK(count(3, 4, false) == 1);
  CHECK(count(4, 4, true) == 1);
  CHECK(count(3, 1, false) == 3);
  CHECK(count(3, std::size_t(-1), false) == 1);
}

TEST_CASE("batches: drop_last leaves out only what is beyond the last whole batch") {
  const auto set = numbered(11);
  CHECK(visited(data::batches(set, {.batch_size = 4, .drop_last = true})) == counting(8));
  Rng rng(3);
  auto order = visited(data::batches(set, {.batch_size = 4, .drop_last = true}, rng));
  CHECK(order.size() == 8);
  std::sort(order.begin(), order.end());
  CHECK(std::adjacent_find(order.begin(), order.end()) == order.end());
}

TEST_CASE("batches: each epoch is another permutation, the same for the same seed") {
  const auto set = numbered(200);
  Rng rng(5), again(5), other(6);
  std::vector<std::vector<Label>> epochs;
  for (int epoch = 0; epoch < 4; ++epoch) {
    const auto batches = data::batches(set, {.batch_size = 7}, rng);
    const auto order = visited(batches);
    CHECK(visited(batches) == order);
    auto sorted = order;
    std::sort(sorted.begin(), sorted.end());
    CHECK(sorted == counting(200));
    CHECK(order != counting(200));
    for (const auto& before : epochs) CHECK(order != before);
    CHECK(visited(data::batches(set, {.batch_size = 50}, again)) == order);
    CHECK(visited(data::batches(set, {.batch_size = 7}, other)) != order);
    epochs.push_back(order);
  }
  Rng expected(5);
  const auto permutation = expected.permutation(200);
  CHECK(std::equal(permutation.begin(), permutation.end(), epochs[0].begin()));
}

TEST_CASE("batches: rows and data set of a range") {
  const auto set = numbered(10);
  Rng rng(2);
  const auto batches = data::batches(set, {.batch_size = 4}, rng);
  std::size_t k = 0;
  for (const auto& batch : batches) {
    const auto rows = batches.rows(k++);
    CHECK(std::equal(rows.begin(), rows.end(), batch.labels.begin(), batch.labels.end()));
  }
  CHECK(batches.dataset().size() == 10);
  CHECK(says(error_of([&] { batches.rows(3); }), Kind::usage, {"[batches] batch 3 of 3"}));
}

TEST_CASE("batches: of a subset") {
  const auto odd = numbered(10).subset(std::vector<std::uint32_t>{9, 7, 5, 3, 1});
  CHECK(visited(data::batches(odd, {.batch_size = 2})) == std::vector<Label>{9, 7, 5, 3, 1});
  Rng rng(1);
  auto order = visited(data::batches(odd, {.batch_size = 2}, rng));
  std::sort(order.begin(), order.end());
  CHECK(order == std::vector<Label>{1, 3, 5, 7, 9});
}

TEST_CASE("batches: what would be no batch at all is refused before anything is drawn") {
  const auto set = numbered(3);
  Rng rng(1);
  const auto state = rng.state();
  const auto refused = [&](const Dataset& from, data::BatchOptions options,
                           const std::string& part) {
    return says(error_of([&] { data::batches(from, options); }), Kind::usage,
                {"[batches]", part}) &&
           says(error_of([&] { data::batches(from, options, rng); }), Kind::usage,
                {"[batches]", part});
  };
  CHECK(refused(set, {.batch_size = 0}, "batch_size 0"));
  CHECK(refused(set, {.batch_size = 4, .drop_last = true},
                "the 3 samples of \"data\" are fewer than one batch of 4"));
  CHECK(refused({}, {}, "is empty"));
  CHECK(rng.state() == state);
  CHECK(says(error_of([&] { data::Batches(set, {}, {}); }), Kind::usage, {"order of 0 samples"}));
  CHECK(says(error_of([&] { visited(data::Batches(set, {}, {3})); }), Kind::usage, {"row 3"}));
}

TEST_CASE("batches: one tensor serves all batches of a loop") {
  const auto set = numbered(100);
  Rng rng(1);
  const auto batches = data::batches(set, {.batch_size = 10}, rng);
  const void* place = nullptr;
  for (const auto& batch : batches) {
    if (!place) place = batch.inputs.identity();
    CHECK(batch.inputs.identity() == place);
  }
  for (const auto& batch : batches) static_cast<void>(batch);
  const auto before = memory::stats().heap_calls;
  for (const auto& batch : batches) static_cast<void>(batch);
  if (memory::caching()) CHECK(memory::stats().heap_calls == before);
}

TEST_CASE("batches: a kept handle keeps its data") {
  const auto set = numbered(12);
  std::vector<SharedTensor> kept;
  std::vector<Batch> copies;
  for (const auto& batch : data::batches(set, {.batch_size = 4})) {
    kept.push_back(batch.inputs);
    copies.push_back(batch);
  }
  REQUIRE(kept.size() == 3);
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK((*kept[k])(i, 0) == static_cast<Real>(4 * k + i));
      CHECK(copies[k].labels[i] == static_cast<Label>(4 * k + i));
    }
}

TEST_CASE("batches: several passes over one range don't disturb each other") {
  const auto batches = data::batches(numbered(6), {.batch_size = 2});
  auto a = batches.begin();
  auto b = batches.begin();
  ++a;
  auto c = a;
  a++;
  CHECK(a->labels == Labels{4, 5});
  CHECK(b->labels == Labels{0, 1});
  CHECK(c->labels == Labels{2, 3});
  CHECK((*c->inputs)(0, 0) == 2);
  CHECK((*a->inputs)(0, 0) == 4);
  CHECK(a != batches.end());
  ++a;
  CHECK(a == batches.end());
}

TEST_CASE(
    "batches: shuffled in blocks, each block stays together and comes in an order of its own") {
  const auto set = numbered(25);
  Rng rng(3);
  const auto order = visited(data::batches(set, {.batch_size = 4, .block = 10}, rng));
  auto sorted = order;
  std::sort(sorted.begin(), sorted.end());
  CHECK(sorted == counting(25));
  CHECK(order != counting(25));
  std::vector<Label> blocks;
  for (const Label row : order)
    if (blocks.empty() || blocks.back() != row / 10) blocks.push_back(row / 10);
  CHECK(blocks.size() == 3);
  Rng again(3), other(4);
  CHECK(visited(data::batches(set, {.batch_size = 4, .block = 10}, again)) == order);
  CHECK(visited(data::batches(set, {.batch_size = 4, .block = 10}, other)) != order);
  Rng one(3);  // blocks of one sample shuffle all samples; so does one block
  sorted = visited(data::batches(set, {.batch_size = 4, .block = 1}, one));
  CHECK(sorted != counting(25));
  std::sort(sorted.begin(), sorted.end());
  CHECK(sorted == counting(25));
  for (const std::size_t whole : {std::size_t{25}, std::size_t(-1)}) {
    Rng inside(3);
    sorted = visited(data::batches(set, {.batch_size = 4, .block = whole}, inside));
    CHECK(sorted != counting(25));
    std::sort(sorted.begin(), sorted.end());
    CHECK(sorted == counting(25));
  }
}

TEST_CASE("batches: a loop that begins in the middle sees the rest of the same order") {
  const auto set = numbered(23);
  for (const bool drop_last : {false, true}) {
    Rng rng(7), other(7);
    const data::BatchOptions options{.batch_size = 4, .drop_last = drop_last};
    const auto whole = visited(data::batches(set, options, rng));
    const std::size_t count = drop_last ? 5 : 6;
    for (std::size_t first = 0; first <= count; ++first) {
      CAPTURE(first);
      Rng again(7);
      data::BatchOptions rest = options;
      rest.first = first;
      const auto batches = data::batches(set, rest, again);
      CHECK(batches.count() == count);
      const auto begin = whole.begin() + static_cast<std::ptrdiff_t>(4 * std::min(first, count));
      CHECK(visited(batches) == std::vector<Label>(std::min(begin, whole.end()), whole.end()));
      CHECK(again.state() == rng.state());
    }
    CHECK(says(error_of([&] { data::batches(set, {.batch_size = 4, .first = 7}, other); }),
               Kind::usage, {"[batches] the first batch is 7, and there are 6."}));
  }
}

TEST_CASE("batches: with a generator of its own an epoch depends on the seed and its number") {
  const auto set = numbered(50);
  const Rng rng(3);
  const auto second = visited(data::batches(set, {}, rng.split(2)));
  CHECK(visited(data::batches(set, {}, rng.split(2))) == second);
  CHECK(visited(data::batches(set, {}, rng.split(1))) != second);
}
