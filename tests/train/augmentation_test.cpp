// Training on augmented images: it helps, and neither threads nor a pause change its bits.
#include <doctest/doctest.h>

#include <cmath>
#include <optional>
#include <tuple>
#include <vector>

#include <reel/nn/sequential.h>
#include <reel/optim/adam.h>
#include <reel/train/fit.h>

#include "../threads.h"
#include "../throws.h"
#include "quadrants.h"

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

constexpr std::size_t side = 12;

// n images of a soft dot: of class 0 in the upper half, of class 1 in the lower half. With `left`,
// all dots are in the left columns.
data::Dataset dots(std::size_t n, bool left, std::uint64_t seed) {
  Rng rng(seed);
  Tensor images = zeros({n, side, side});
  Labels labels(n);
  for (std::size_t i = 0; i < n; ++i) {
    labels[i] = static_cast<Label>(rng.below(2));
    const double row = rng.uniform(1, 4.5) + (labels[i] ? 5.5 : 0);
    const double column = left ? rng.uniform(1, 3) : rng.uniform(1, 10);
    for (std::size_t r = 0; r < side; ++r)
      for (std::size_t c = 0; c < side; ++c)
        images(i, r, c) = static_cast<Real>(std::exp(-std::pow(static_cast<double>(r) - row, 2) -
                                                     std::pow(static_cast<double>(c) - column, 2)));
  }
  return data::Dataset(std::move(images), labels);
}

struct AugmentedRun {
  nn::Sequential model = nn::mlp({side * side, 16, 2}, nn::relu);
  std::optional<optim::Adam> adam;
  Rng rng{4};
  Position position;

  AugmentedRun() {
    nn::init(model, rng);
    adam.emplace(model.parameters(), optim::AdamOptions{.lr = 0.01});
  }
  FitResult fit(const data::Dataset& images, FitOptions options) {
    options.batch_size = 16;
    options.position = &position;
    return train::fit(model, *adam, images, rng, options);
  }
};

TEST_CASE("augmented training: flips teach a model what it has not seen") {
  const data::Dataset left = dots(400, true, 1), all = dots(400, false, 2);
  const data::Augmentation augmentation({.flip = 0.5});
  const auto accuracy = [&](const data::Augmentation* used) {
    AugmentedRun run;
    std::ignore = run.fit(left, {.epochs = 20, .augmentation = used});
    return evaluate(run.model, all).accuracy();
  };
  CHECK(accuracy(&augmentation) > 0.98);
  CHECK(accuracy(nullptr) < 0.9);
}

TEST_CASE("augmented training: the same bits for any number of threads, and after a pause") {
  const data::Dataset images = dots(100, false, 3);
  const data::Augmentation augmentation(
      {.shift = 1, .rotation = 10, .scale = 0.1, .elastic = 10, .smoothing = 3, .erase = 0.2});
  const FitOptions options{.epochs = 3, .augmentation = &augmentation};
  const auto weights = [&](std::size_t threads) {
    const Threads set(threads);
    AugmentedRun run;
    std::ignore = run.fit(images, options);
    return numbers(run.model);
  };
  const std::vector<Real> expected = weights(1);
  CHECK(weights(2) == expected);
  for (const int stop : {1, 9, 14}) {
    AugmentedRun run;
    int left = stop;
    FitOptions until = options;
    until.stop = [&] { return --left == 0; };
    CHECK(run.fit(images, until).status == FitStatus::stopped);
    std::ignore = run.fit(images, options);
    CHECK(numbers(run.model) == expected);
  }
  AugmentedRun plain;
  std::ignore = plain.fit(images, {.epochs = 3});
  CHECK(numbers(plain.model) != expected);
}

TEST_CASE("augmented training: samples that are no images are refused before the first step") {
  AugmentedRun run;
  const data::Augmentation augmentation({.shift = 1});
  const Rng before = run.rng;
  CHECK_ERROR("[augmentation] samples of shape (2), expected images",
              run.fit(quadrants(20), {.augmentation = &augmentation}));
  CHECK(run.rng.state() == before.state());
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
