// The report of a training run, as a page.
#pragma once

#include <vector>

#include <reel/report/report.h>

#include "results.h"
#include "training.h"

namespace reel::mnist {

/// The charts by epoch, of `--report` and of `--plot`.
std::vector<plot::Chart> epoch_charts(const Training& training);

/// Collects what the page of `--report` shows, while the run goes on.
class RunReport {
 public:
  RunReport(Training& training, const std::vector<std::string>& layers);

  /// Adds the batches since the last call.
  void add(const std::vector<train::BatchRecord>& batches);
  /// Measures the sharpness after this epoch: after each of them, or, in a long run, after about
  /// 20.
  void add(const train::EpochReport& epoch);
  /// The contents of the page. It trains further networks to find labels that may be wrong, until a
  /// signal stops that.
  report::Report page(const Outcome& outcome) const;

 private:
  std::vector<double> largest_eigenvalues() const;
  void add_suspects(report::Report& report) const;

  Training& training_;
  std::size_t first_epoch_;  // of this session
  report::BatchCharts batches_;
  double lr_;           // of the last batch
  data::Dataset some_;  // the training images of the loss whose sharpness is measured
  std::vector<report::Sharpness> sharpness_;
};

}  // namespace reel::mnist
