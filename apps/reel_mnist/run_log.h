// The files of `--log` and `--tensorboard`, and what `--report` shows of the batches.
#pragma once

#include <fstream>
#include <optional>

#include <reel/train/event_file.h>
#include <reel/train/fit.h>

#include "run_report.h"
#include "training.h"

namespace reel::mnist {

/// Hands the batches and epochs of a run, after each epoch and at the end, to the files and the
/// report that the options name.
class RunLog {
 public:
  /// Makes the files. Throws Error (system) if one cannot be written, as all functions do.
  explicit RunLog(Training& training);

  /// For `fit`; null if the options name nothing.
  train::TrainingRecord* batches() { return record_ ? &*record_ : nullptr; }
  /// Null without --report.
  const RunReport* report() const { return report_ ? &*report_ : nullptr; }
  /// Writes the batches of the epoch, and its results.
  void add(const train::EpochReport& report);
  /// Writes the batches that are left of an epoch that was stopped.
  void finish();

 private:
  std::string path_;
  std::optional<train::TrainingRecord> record_;
  std::ofstream csv_;
  std::optional<EventFile> events_;
  std::optional<RunReport> report_;
};

}  // namespace reel::mnist
