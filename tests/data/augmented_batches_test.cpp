// Augmentation of batches: the same bits for any number of threads and any batch size, from data in
// memory and in a file.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

#include <reel/data/batches.h>

#include "../random.h"
#include "../threads.h"
#include "augmented.h"
#include "idx_files.h"

using namespace reel;
using namespace reel::testing;
using data::Batch;
using data::Dataset;

namespace {

Dataset numbered_images(std::size_t n, Shape shape = {6, 5}) {
  std::vector<Label> labels(n);
  std::iota(labels.begin(), labels.end(), 0);
  shape.insert(shape.begin(), n);
  return Dataset(random(shape, 3), labels);
}

// The inputs of all batches, ordered by their labels: (n, features).
Tensor by_label(const data::Batches& batches) {
  Tensor result = zeros({batches.dataset().size(), batches.dataset().features()});
  for (const Batch& batch : batches)
    for (std::size_t i = 0; i < batch.size(); ++i)
      std::copy_n(&(*batch.inputs)(i, 0), batches.dataset().features(),
                  &result(static_cast<std::size_t>(batch.labels[i]), 0));
  return result;
}

}  // namespace

TEST_CASE("augmentation: the same bits for any number of threads and any batch size") {
  const Dataset images = numbered_images(700);
  const Augmentation augmentation(everything);
  const auto pass = [&](std::size_t threads, std::size_t batch_size, std::uint64_t seed) {
    const Threads set(threads);
    Rng rng(seed);
    return by_label(
        data::batches(images, {.batch_size = batch_size, .augmentation = &augmentation}, rng));
  };
  const Tensor expected = pass(1, 64, 5);
  CHECK(same_bits(pass(2, 64, 5), expected));
  CHECK(same_bits(pass(3, 700, 5), expected));
  CHECK(same_bits(pass(1, 1, 5), expected));
  CHECK(same_bits(pass(2, 333, 5), expected));
  CHECK_FALSE(same_bits(pass(1, 64, 6), expected));
}

TEST_CASE("augmentation: samples and epochs differ, and neither depends on the order") {
  const Dataset images = [] {  // copies of one image
    std::vector<Label> labels(100);
    std::iota(labels.begin(), labels.end(), 0);
    return Dataset(copies(random({8, 8}, 1), 100), labels);
  }();
  const Augmentation augmentation(everything);
  const auto pass = [&](Rng& rng, std::size_t block = 0) {
    return by_label(data::batches(images, {.block = block, .augmentation = &augmentation}, rng));
  };
  Rng rng(5), again(5);
  const Tensor first = pass(rng), second = pass(rng);
  CHECK(same_bits(pass(again, 10), first));
  for (std::size_t i = 0; i < 100; ++i) {
    const auto same = [](const Tensor& a, std::size_t k, const Tensor& b, std::size_t l) {
      return std::equal(&a(k, 0), &a(k, 0) + 64, &b(l, 0));
    };
    CHECK_FALSE(same(first, i, second, i));
    if (i > 0) CHECK_FALSE(same(first, i, first, i - 1));
  }
  const std::vector<std::uint32_t> twice{7, 7};
  Rng of_subset(5);
  const auto batches =
      data::batches(images.subset(twice), {.augmentation = &augmentation}, of_subset);
  const auto batch = batches.begin();
  const Tensor& both = *batch->inputs;
  CHECK_FALSE(std::equal(&both(0, 0), &both(0, 0) + 64, &both(1, 0)));
}

TEST_CASE("augmentation: it does not change the order, and an epoch that continues is the same") {
  const Dataset images = numbered_images(23);
  const Augmentation augmentation(everything);
  Rng plain(2), rng(2), again(2);
  std::vector<Label> order, expected;
  for (const Batch& batch : data::batches(images, {.batch_size = 4}, plain))
    expected.insert(expected.end(), batch.labels.begin(), batch.labels.end());
  std::vector<Tensor> inputs;
  for (const Batch& batch :
       data::batches(images, {.batch_size = 4, .augmentation = &augmentation}, rng)) {
    order.insert(order.end(), batch.labels.begin(), batch.labels.end());
    inputs.push_back(*batch.inputs);
  }
  CHECK(order == expected);
  CHECK(rng.state() == plain.state());
  std::size_t k = 3;
  for (const Batch& batch :
       data::batches(images, {.batch_size = 4, .first = 3, .augmentation = &augmentation}, again))
    CHECK(same_bits(*batch.inputs, inputs.at(k++)));
  CHECK(k == inputs.size());
}

TEST_CASE("augmentation: the samples of a data set stay as they are") {
  const Dataset images = numbered_images(5);
  const Tensor before = images.sample(2);
  const Augmentation augmentation(everything);
  Rng rng(1);
  const Tensor changes = by_label(data::batches(images, {.augmentation = &augmentation}, rng));
  CHECK(same_bits(images.sample(2), before));
  CHECK_FALSE(std::equal(before.begin(), before.end(), &changes(2, 0)));
}

TEST_CASE("augmentation: bytes in memory and in a file give the same") {
  const TempFolder folder;
  Bytes bytes(50 * 6 * 5);
  Rng rng(1);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(rng.next());
  std::vector<Label> labels(50);
  std::iota(labels.begin(), labels.end(), 0);
  const FileBytes file(folder.write("images", bytes), "test", 0);
  const Augmentation augmentation(everything);
  const auto pass = [&](const Dataset& images) {
    Rng order(3);
    return by_label(data::batches(images, {.batch_size = 8, .augmentation = &augmentation}, order));
  };
  CHECK(same_bits(pass(Dataset::from_bytes(file, {6, 5}, labels)),
                  pass(Dataset::from_bytes(bytes, {6, 5}, labels))));
}

TEST_CASE("augmentation: an autoencoder's targets are the changed inputs, other targets stay") {
  const Tensor images = random({10, 4, 4}, 1);
  const Augmentation augmentation(everything);
  Rng rng(1), again(1);
  const auto both =
      data::batches(Dataset(images).autoencoding(), {.augmentation = &augmentation}, rng);
  for (const Batch& batch : both) CHECK(batch.targets.identity() == batch.inputs.identity());
  const Dataset apart(images, images);
  for (const Batch& batch : data::batches(apart, {.augmentation = &augmentation}, again)) {
    CHECK_FALSE(same_bits(*batch.inputs, *batch.targets));
    for (const Real x : *batch.targets)
      CHECK(std::find(images.begin(), images.end(), x) != images.end());
  }
}

TEST_CASE("augmentation: a kept batch keeps its values") {
  const Dataset images = numbered_images(12);
  const Augmentation augmentation(everything);
  Rng rng(3);
  std::vector<SharedTensor> kept;
  std::vector<Tensor> values;
  for (const Batch& batch :
       data::batches(images, {.batch_size = 4, .augmentation = &augmentation}, rng)) {
    kept.push_back(batch.inputs);
    values.push_back(*batch.inputs);
  }
  for (std::size_t k = 0; k < kept.size(); ++k) CHECK(same_bits(*kept[k], values[k]));
}

TEST_CASE("augmentation: samples that are no images, and batches without a generator") {
  const Augmentation augmentation({.shift = 1});
  Rng rng(1);
  const auto state = rng.state();
  const Dataset flat(random({4, 6}, 1), {0, 1, 2, 3});
  CHECK(says(error_of([&] { data::batches(flat, {.augmentation = &augmentation}, rng); }),
             Kind::usage,
             {"[augmentation] samples of shape (6), expected images: (rows,columns) or "
              "(rows,columns,channels)."}));
  CHECK(rng.state() == state);
  CHECK(says(error_of([&] { data::batches(numbered_images(3), {.augmentation = &augmentation}); }),
             Kind::usage, {"[batches] ", "there is no generator. Hint: "}));
  Tensor images = zeros({2, 3, 3});
  const std::vector<std::uint32_t> samples{0, 1, 2};
  CHECK(says(error_of([&] {
               augmentation.apply({images.data(), images.size()}, {3, 3}, samples, Rng(1));
             }),
             Kind::usage, {"[augmentation] 18 values for 3 samples of shape (3,3)."}));
}
