// One of several runs whose results are compared or averaged.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "../common/statistics.h"
#include "training.h"

namespace reel::mnist {

/// The result of one seed.
struct Repetition {
  std::uint64_t seed = 0;
  double test_accuracy = 0, test_loss = 0;
  std::optional<double> validation_accuracy;
  double seconds = 0;  ///< of training
  std::size_t epochs = 0;
  std::vector<double> costs;  ///< the training loss of each epoch
  bool diverged = false;      ///< in the epoch after those; then there are no other results
  std::string weights;        ///< their fingerprint
};

/// Trains until the end, or until the loss is no longer finite, and then evaluates. Empty if a
/// signal has stopped the run.
std::optional<Repetition> repeat(Training& training);

/// How many of the runs diverged.
std::size_t count_diverged(const std::vector<Repetition>& results);

/// A line of JSON, without the costs; of a run that diverged, it has no results.
nlohmann::ordered_json to_json(const Repetition& result);
nlohmann::ordered_json to_json(const apps::Estimate& estimate);

}  // namespace reel::mnist
