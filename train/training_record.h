// What happened in each batch of a run: loss, rate, gradients and updates of the layers.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <reel/nn/module.h>
#include <reel/optim/optimizer.h>
#include <reel/train/progress.h>

namespace reel::inline REEL_PRECISION {
namespace train {

/// A layer in one step. Its parameters count as one vector w.
struct LayerStep {
  double gradient_norm = std::numeric_limits<double>::quiet_NaN();  ///< ‖∇w‖, before clipping
  /// ‖Δw‖ / ‖w‖: the change by the step, relative to the weights before it. About 10⁻³ is common;
  /// far less means that the layer hardly learns. NaN if all weights are 0.
  double update_ratio = std::numeric_limits<double>::quiet_NaN();
};

/// A batch of a run.
struct BatchRecord {
  std::size_t epoch = 0, batch = 0;    ///< both from 1
  std::size_t step = 0;                ///< the batches of the run until then, with this one
  double loss = 0;                     ///< of the batch
  double lr = 0;                       ///< the rate of the optimiser's first group in this batch
  std::vector<LayerStep> layers = {};  ///< as TrainingRecord::layers; empty if not measured
};

/// The options of TrainingRecord.
struct TrainingRecordOptions {
  /// Measures the layers in the first of so many steps; 0: never. To measure costs about as much as
  /// the step.
  std::size_t every = 25;
};

/// Records the batches of a run:
///
///     TrainingRecord record(model);
///     fit(model, adam, data, rng, {.record = &record});
///     record.batches().back().loss;
///
/// A layer is a part of the model that has parameters of its own.
class TrainingRecord {
 public:
  /// Records a model with these parts. Throws Error if a parameter has no values yet.
  explicit TrainingRecord(nn::Module& model, const TrainingRecordOptions& options = {});

  /// The paths of the layers, such as "0" and "2"; empty for the model itself.
  const std::vector<std::string>& layers() const noexcept { return names_; }
  /// The batches since `clear`, in order.
  const std::vector<BatchRecord>& batches() const noexcept { return batches_; }
  /// Forgets the batches, so that a long run takes no memory.
  void clear() { batches_.clear(); }

  /// `fit` calls these; a loop of your own can do so too. Before the optimiser's step, which clears
  /// the gradients:
  void before_step();
  /// after the step:
  void after_step();
  /// and after each batch, with the rate that the optimiser had in it.
  void add(const Progress& progress, double lr);

 private:
  struct Layer {
    std::vector<Parameter> parameters = {};
    std::vector<Tensor> before = {};  // their values before a step that is measured
    LayerStep step = {};
  };

  TrainingRecordOptions options_;
  std::vector<std::string> names_;
  std::vector<Layer> layers_;
  std::vector<BatchRecord> batches_;
  std::size_t steps_ = 0;
  bool measuring_ = false;
};

/// The batches as lines of CSV without a header: epoch, batch, loss, lr, and for each layer its
/// gradient norm and its update ratio. Numbers that were not measured or are NaN are empty.
std::string csv_lines(const TrainingRecord& record);
/// The header of these lines, such as "epoch,batch,loss,lr,0.gradient_norm,0.update_ratio".
std::string csv_header(const TrainingRecord& record);

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
