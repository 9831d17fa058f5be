// Training: the parts of a run, as its options describe them.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <reel/autodiff/core/file.h>
#include <reel/data/augmentation.h>
#include <reel/data/images.h>
#include <reel/optim/find_rate.h>
#include <reel/optim/loss_schedule.h>
#include <reel/optim/optimizer.h>
#include <reel/optim/schedule.h>
#include <reel/report/curves.h>
#include <reel/train/checkpoint_folder.h>
#include <reel/train/fit.h>

#include "commands.h"
#include "model.h"

namespace reel::mnist {

/// Functions that a run calls; each may be empty.
struct Hooks {
  std::function<void(const train::Progress&)> on_batch = {};
  std::function<void(const train::EvaluationProgress&)> on_evaluation = {};
  std::function<void(const train::EpochReport&)> on_epoch = {};  ///< before the checkpoint
  std::function<bool()> stop = {};
  train::TrainingRecord* record = nullptr;
  bool test_each_epoch = true;
};

/// The parts of a run. Two runs with the same options and data compute the same.
class Training {
 public:
  /// Makes the parts, the weights included. Throws Error (usage) for options that contradict each
  /// other or the data. The options must outlive it.
  Training(const TrainOptions& options, const data::Images& images);
  Training(const Training&) = delete;
  Training& operator=(const Training&) = delete;

  /// Trains until the last epoch, until validation no longer improves, or until `stop` returns
  /// true. Writes checkpoints if the options name a folder. At the end, also if an Error ends it,
  /// the network has the best weights if there is a patience, and the averaged weights if there is
  /// an average.
  train::FitResult fit(const Hooks& hooks);
  /// Tries learning rates from small to large; see optim::find_rate.
  optim::RateCurve find_rate();

  /// Continues from the newest checkpoint in the folder of the options. Throws Error (input) if
  /// there is none, or if it is of other settings or data.
  void resume();

  /// Where the run is.
  const train::Position& position() const noexcept { return position_; }
  /// The results of each epoch since the start of the run.
  const std::vector<report::EpochScores>& epochs() const noexcept { return epochs_; }

  const TrainOptions& options;
  LoadedModel network;
  data::Split parts;  ///< the images to train on, and the validation images
  data::Dataset test;
  std::unique_ptr<optim::Optimizer> optimizer;
  double lr;  ///< the optimiser's, before the schedule changes it
  std::optional<train::EarlyStopping> early_stopping;
  std::optional<train::WeightAverage> average;

 private:
  Training(const TrainOptions& options, const data::Images& images, Rng weights, Rng order);
  void make_schedule();
  void end_epoch(const train::EpochReport& report);
  void save_checkpoint(bool best);
  train::FitResult run(const Hooks& hooks);
  void take_best_weights();
  template <class F>
  void with_all_parts(F&& f);

  std::size_t batches_;
  Rng order_;
  train::Loss loss_;
  std::optional<data::Augmentation> augmentation_;
  train::Position position_;
  std::optional<optim::Schedule> schedule_;
  std::optional<optim::Plateau> plateau_;
  std::optional<train::CheckpointFolder> checkpoints_;
  std::optional<FolderLock> lock_;  // of the folder
  std::string settings_;
  std::string data_;  // which images these are
  std::string log_;   // a line of JSON for each epoch, if there are checkpoints
  std::vector<report::EpochScores> epochs_;
  double best_ = std::numeric_limits<double>::infinity();
};

}  // namespace reel::mnist
