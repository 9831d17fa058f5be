// Suspicious labels: flipped labels come first, on points and on Fashion-MNIST.
#include <reel/train/label_suspects.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <utility>

#include <reel/data/images.h>
#include <reel/data/mnist.h>

#include "../near.h"
#include "../throws.h"
#include "quadrants.h"

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

struct Flipped {
  data::Dataset dataset;
  std::set<std::uint32_t> rows;
};

// The data set with other labels in so many random rows.
Flipped flip(const data::Dataset& dataset, std::size_t count, Rng& rng) {
  const data::Batch all = dataset.all();
  Labels labels = all.labels;
  const auto order = rng.permutation(dataset.size());
  Flipped result;
  for (std::size_t i = 0; i < count; ++i) {
    Label& label = labels[order[i]];
    const auto classes = static_cast<Label>(dataset.classes());
    label = (label + 1 + static_cast<Label>(rng.below(dataset.classes() - 1))) % classes;
    result.rows.insert(order[i]);
  }
  result.dataset = data::Dataset(*all.inputs, labels, {.classes = dataset.classes()});
  return result;
}

std::size_t found(const std::vector<LabelSuspect>& suspects, const std::set<std::uint32_t>& rows,
                  std::size_t among) {
  return static_cast<std::size_t>(
      std::count_if(suspects.begin(), suspects.begin() + static_cast<std::ptrdiff_t>(among),
                    [&](const LabelSuspect& suspect) { return rows.contains(suspect.row); }));
}

TEST_CASE("label suspects: flipped labels come first, with the class that they had") {
  Rng rng(1);
  const data::Dataset points = quadrants(600);
  const Flipped flipped = flip(points, 20, rng);
  const nn::Sequential model = nn::mlp({2, 32, 2}, nn::relu);
  const LabelSuspectsOptions options{.epochs = 30, .batch_size = 16, .lr = 0.01};
  const Rng start = rng;
  const auto suspects = label_suspects(model, flipped.dataset, rng, options);
  CHECK(found(suspects, flipped.rows, 30) >= 16);
  CHECK(suspects[0].label == flipped.dataset.label(suspects[0].row));
  CHECK(suspects[0].other == points.label(suspects[0].row));
  CHECK(suspects[0].margin < 0);
  REQUIRE(suspects.size() == 600);
  std::set<std::uint32_t> rows;
  for (std::size_t i = 0; i < 600; ++i) {
    rows.insert(suspects[i].row);
    CHECK(suspects[i].label != suspects[i].other);
    if (i > 0) CHECK(suspects[i - 1].margin <= suspects[i].margin);
  }
  CHECK(rows.size() == 600);

  Rng again = start;
  const auto same = label_suspects(model, flipped.dataset, again, options);
  CHECK(std::equal(same.begin(), same.end(), suspects.begin(), [](const auto& a, const auto& b) {
    return a.row == b.row && a.margin == b.margin;
  }));
  CHECK(again.state() == rng.state());
}

TEST_CASE("label suspects: no network has seen the label that it judges") {
  // All inputs are 0, so a network learns only how often it sees each class. One that saw the lone
  // label 1 would learn ln p(1)/p(0) = ln 1/39 = −3.7; one that did not has no bound.
  Labels labels(40);
  for (std::size_t i = 0; i < 40; ++i) labels[i] = i == 7;
  const data::Dataset lone(zeros({40, 1}), labels, {.classes = 2});
  Rng rng(3);
  const auto suspects = label_suspects(nn::mlp({1, 2}, nn::relu), lone, rng,
                                       {.folds = 40, .epochs = 300, .lr = 0.05});
  CHECK(suspects[0].row == 7);
  CHECK(suspects[0].margin < -5);
}

TEST_CASE(
    "label suspects: each network takes the least number of steps, and a search can be stopped") {
  const data::Dataset points = quadrants(16);  // two parts, each with two batches of four
  const auto steps_of = [&](std::size_t least, std::size_t most) {
    std::size_t steps = 0;
    Rng rng(1);
    const auto found =
        label_suspects(nn::mlp({2, 2}, nn::relu), points, rng,
                       {.folds = 2, .epochs = 3, .steps = least, .batch_size = 4, .stop = [&] {
                          return ++steps == most;
                        }});
    CHECK(found.size() == (steps == most ? 0 : 16));
    return steps;
  };
  CHECK(steps_of(0, 100) == 2 * 6);
  CHECK(steps_of(9, 100) == 2 * 10);
  CHECK(steps_of(9, 15) == 15);
}

TEST_CASE("label suspects: data and options that make no sense") {
  Rng rng(1);
  const nn::Sequential model = nn::mlp({2, 2}, nn::relu);
  const data::Dataset points = quadrants(5);
  CHECK_ERROR("folds = 1, expected 2 to 5", label_suspects(model, points, rng, {.folds = 1}));
  CHECK_ERROR("folds = 6, expected 2 to 5", label_suspects(model, points, rng, {.folds = 6}));
  CHECK_ERROR("takes samples of at least two classes",
              label_suspects(model, data::Dataset(zeros({5, 2}), zeros({5})), rng));
  const data::Dataset broken(full({5, 2}, Real(NAN)), {0, 1, 0, 1, 0});
  CHECK_ERROR("the loss is not finite. Hint: a lower lr than 0.001.",
              label_suspects(model, broken, rng));
}

TEST_CASE("label suspects: on Fashion-MNIST at least 60 of 100 among the first 150 of 10,000") {
  if (!std::filesystem::exists(data::default_folder())) {
    MESSAGE("dataset-fashion-mnist is not installed, so this is not tested");
    return;
  }
  const data::Images images = data::load_mnist(data::default_folder());
  Rng rng(1);
  auto rows = rng.permutation(images.train.size());
  rows.resize(10'000);
  const Flipped flipped = flip(images.train.subset(rows), 100, rng);
  const auto suspects = label_suspects(nn::mlp({784, 64, 10}, nn::relu), flipped.dataset, rng);
  CHECK(found(suspects, flipped.rows, 150) >= 60);
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
