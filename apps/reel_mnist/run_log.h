// The files of `--log` and `--tensorboard`.
#pragma once

#include <fstream>
#include <optional>

#include <reel/train/event_file.h>
#include <reel/train/fit.h>

#include "commands.h"

namespace reel::mnist {

/// Writes the batches and epochs of a run, after each epoch and at the end, to the files that the
/// options name.
class RunLog {
 public:
  /// Makes the files. Throws Error (system) if one cannot be written, as all functions do.
  RunLog(const TrainOptions& options, nn::Module& model);

  /// For `fit`; null if the options name no file.
  train::TrainingRecord* batches() { return record_ ? &*record_ : nullptr; }
  /// Writes the batches of the epoch, and its results.
  void add(const train::EpochReport& report);
  /// Writes the batches that are left of an epoch that was stopped.
  void finish();

 private:
  std::string path_;
  std::optional<train::TrainingRecord> record_;
  std::ofstream csv_;
  std::optional<EventFile> events_;
};

}  // namespace reel::mnist
