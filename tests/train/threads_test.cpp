// The same seed gives the same bits for any number of threads, with or without an observer.
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <reel/autodiff/inspect/anomaly.h>
#include <reel/autodiff/inspect/profile.h>
#include <reel/nn/sequential.h>
#include <reel/optim/adam.h>
#include <reel/optim/rmsprop.h>
#include <reel/optim/sgd.h>
#include <reel/train/fit.h>

#include "../threads.h"
#include "quadrants.h"

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

data::Dataset images(std::size_t n, std::size_t pixels) {
  constexpr std::size_t classes = 10;
  Rng rng(1);
  std::vector<std::uint8_t> bytes(n * pixels);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(rng.next());
  Labels labels(n);
  for (Label& label : labels) label = static_cast<Label>(rng.below(classes));
  return data::Dataset::from_bytes(std::move(bytes), {pixels}, labels, {.classes = classes});
}

// The results of training: the weights, the running statistics, and the reports.
struct Outcome {
  std::vector<Real> numbers;
  std::vector<double> losses;
  bool operator==(const Outcome&) const = default;
};

enum class Watched { no, profile, anomaly };

// Every kernel of this network is large enough for several threads.
Outcome trained(std::size_t count, const std::string& method = "adam",
                Watched watched = Watched::no) {
  const Threads set(count);
  const data::Dataset dataset = images(600, 500);
  nn::Sequential model =
      nn::mlp({500, 300, 260, 10}, nn::relu, {.batch_norm = true, .dropout = 0.3});
  Rng rng(3);
  nn::init(model, rng);
  std::unique_ptr<optim::Optimizer> optimizer;
  if (method == "adam")
    optimizer = std::make_unique<optim::Adam>(model.parameters(), optim::AdamOptions{.lr = 0.01});
  else if (method == "sgd")
    optimizer = std::make_unique<optim::Sgd>(
        model.parameters(), optim::SgdOptions{.lr = 0.1, .momentum = 0.9, .weight_decay = 1e-3});
  else
    optimizer = std::make_unique<optim::Rmsprop>(model.parameters(), optim::RmspropOptions{});
  std::optional<Profile> profile;
  std::optional<AnomalyMode> anomaly;
  if (watched == Watched::profile) profile.emplace();
  if (watched == Watched::anomaly) anomaly.emplace();
  Outcome outcome;
  const auto on_epoch = [&](const EpochReport& report) {
    outcome.losses.push_back(report.train_loss);
    outcome.losses.push_back(report.test->loss);
  };
  std::ignore =
      fit(model, *optimizer, dataset, rng,
          {.epochs = 2, .batch_size = 256, .clip_norm = 1, .test = &dataset, .on_epoch = on_epoch});
  for (const nn::NamedState& state : nn::state_of(model))
    outcome.numbers.insert(outcome.numbers.end(), state.value().begin(), state.value().end());
  return outcome;
}

}  // namespace

TEST_CASE("threads: one seed ends in the same bits for any number of them, observed or not") {
  const Outcome alone = trained(1);
  for (const std::size_t count : {2u, 3u, 4u, 8u}) {
    CAPTURE(count);
    CHECK(trained(count) == alone);
  }
  CHECK(trained(2, "adam", Watched::profile) == alone);
  CHECK(trained(2, "adam", Watched::anomaly) == alone);
  for (const char* method : {"sgd", "rmsprop"}) CHECK(trained(2, method) == trained(1, method));
}

TEST_CASE("threads: twenty runs on two threads end in the same bits") {
  const Outcome first = trained(2);
  for (int run = 0; run < 20; ++run) CHECK(trained(2) == first);
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
