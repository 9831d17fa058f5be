// Metrics: running means over the samples of an epoch, and Position: where a run is.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <reel/autodiff/engine/var.h>
#include <reel/data/dataset.h>
#include <reel/optim/state.h>

namespace reel::inline REEL_PRECISION {
namespace train {

/// A number that describes how good outputs are, computed from sums over the batches.
struct Metric {
  std::string name;  ///< by which Scores have it
  /// Adds a batch to the sums, which are empty at first.
  std::function<void(const Tensor& output, const data::Batch& batch, std::vector<double>& sums)>
      add;
  /// The number, from the sums of at least one batch.
  std::function<double(const std::vector<double>& sums)> value;
};

/// The mean over all samples of a function that returns the mean over those of a batch:
///
///     averaged("within 1", [](const Tensor& output, const data::Batch& batch) { … })
Metric averaged(std::string name,
                std::function<double(const Tensor& output, const data::Batch& batch)> of_batch);

// The names of these metrics are those of their functions. All consider the weights of the samples,
// and throw Error if the output or the targets of a batch do not fit.

/// The share of samples whose highest score is that of their label.
Metric accuracy();
/// "top_5" for k = 5: the share of samples whose label is among their k highest scores. Of equal
/// scores, those of the first classes count as higher; a sample with a NaN counts as wrong. So
/// top_k(1) is the accuracy. Throws Error if k is 0, or above the number of classes.
Metric top_k(std::size_t k);
/// The expected calibration error of Guo, Pleiss, Sun and Weinberger (ICML 2017). The samples are
/// sorted into bins ((m − 1)/bins, m/bins] by the confidence, which is the largest softmax of their
/// scores. The error is the mean over the samples of |accuracy − mean confidence| of their bin; NaN
/// if a score is NaN. Throws Error for 0 bins.
Metric calibration_error(std::size_t bins = 15);
/// Mean |y − t| and √mean (y − t)² over samples and outputs.
Metric mean_absolute_error();
Metric root_mean_squared_error();  ///< √mean (y − t)² over samples and outputs.
/// R² = 1 − Σ(y − t)² / Σ(t − mean t)², a mean over the outputs. 1 is perfect; 0 is as good as the
/// mean of the targets.
Metric r_squared();

/// Values by the name of the metric.
using Scores = std::map<std::string, double, std::less<>>;
/// The sums of the loss, then of each metric.
using Sums = std::vector<std::vector<double>>;

/// The mean loss and the metrics so far. `fit` and `evaluate` use one, and a training loop of your
/// own can do the same. Its state can be saved in the middle of an epoch.
///
///     Metrics metrics({mean_absolute_error()});
///     metrics.add(loss, output, batch);  // after each batch
///     metrics.loss(), metrics["mean_absolute_error"]
class Metrics : public optim::Stateful {
 public:
  /// Throws Error if two metrics have the same name.
  explicit Metrics(std::vector<Metric> metrics = {});

  /// `loss`: the mean over the samples of the batch.
  void add(const Var& loss, const Var& output, const data::Batch& batch);
  /// Forgets all batches.
  void clear();

  std::size_t samples() const;  ///< so far
  double loss() const;          ///< mean over the samples so far; NaN if there are none
  /// A metric so far. Throws Error for an unknown name, or if there was no batch.
  double operator[](std::string_view name) const;
  Scores scores() const;  ///< all of them; none if there was no batch

  /// The sums over the batches so far.
  const Sums& sums() const noexcept { return sums_; }
  /// Continues from the sums of an object with the same metrics. Throws Error for another number.
  void set_sums(const Sums& sums);

  optim::State state() const override;
  void set_state(const optim::State& state) override;

 private:
  std::vector<Metric> metrics_;
  Sums sums_;  // first: the number of samples, their weight, Σ weight·loss
};

/// Where a run is: enough to continue it, with the states of the model, the optimiser and the
/// generator. A run that begins is in epoch 1 with no batch done.
struct Position : optim::Stateful {
  std::size_t epoch = 1;  ///< from 1
  std::size_t batch = 0;  ///< how many batches of this epoch are done
  Sums sums = {};         ///< of this epoch so far; `fit` writes and reads them

  /// Goes to the start of the next epoch.
  void next_epoch();
  optim::State state() const override;
  void set_state(const optim::State& state) override;
};

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
