// Charts of a training run: its epochs, its batches, and the sharpness of its loss.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <reel/plot/plot.h>
#include <reel/train/fit.h>
#include <reel/train/training_record.h>

namespace reel::inline REEL_PRECISION {
namespace report {

/// How good a model is on a data set.
struct Score {
  double loss;      ///< mean over the samples
  double accuracy;  ///< from 0 to 1; NaN: the targets are no classes
};

/// The results of an epoch.
struct EpochScores {
  std::size_t epoch = 0;                                              ///< from 1
  double train_loss = 0;                                              ///< mean during the epoch
  std::optional<Score> validation = {}, test = {};                    ///< after it
  std::optional<Score> averaged_validation = {}, averaged_test = {};  ///< by averaged weights
};

/// The results that `fit` reports.
EpochScores scores_of(const train::EpochReport& report);

/// The options of `epoch_charts`.
struct EpochChartsOptions {
  std::string loss_label = "mean cross-entropy (nats)";  ///< of the axis
  std::string training = "training";                     ///< the name of the training loss
  /// Judges which epoch is the best one on the validation samples: loss or accuracy.
  std::string_view monitor = "loss";
};

/// A chart of the losses and, for classes, one of the accuracies in %, by epoch; none without
/// epochs. The best epoch has a mark if there are validation samples.
///
///     for (const auto& epoch : fit(…).epochs) scores.push_back(report::scores_of(epoch));
///     page.charts = report::epoch_charts(scores);
std::vector<plot::Chart> epoch_charts(std::span<const EpochScores> epochs,
                                      const EpochChartsOptions& options = {});

/// Charts of a run by batch: the loss, the learning rate, and for each layer the norm of the
/// gradient and the size of the update relative to the weights. However long the run is, a curve
/// has at most 300 points: each is the mean of equally many batches.
class BatchCharts {
 public:
  /// `layers`: the names of the layers that the batches have; see TrainingRecord::layers.
  explicit BatchCharts(const std::vector<std::string>& layers);

  /// Adds the next batch. Values that are not finite are left out.
  void add(const train::BatchRecord& batch);
  /// The charts that have a curve.
  std::vector<plot::Chart> charts() const;

 private:
  struct Curve {
    std::vector<double> x = {}, y = {};
    double x_sum = 0, y_sum = 0;  // of the next point
    std::size_t summed = 0, each = 1;

    void add(double x_value, double y_value);
  };
  struct Layer {
    std::string name;
    Curve gradient = {}, update = {};
  };
  Curve loss_, rate_;
  std::vector<Layer> layers_;
};

/// The largest eigenvalues of the loss's Hessian after an epoch; see train::largest_curvatures.
struct Sharpness {
  std::size_t epoch;                ///< from 1; 0: before training
  std::vector<double> eigenvalues;  ///< in descending order
  double lr;                        ///< the learning rate
};

/// The eigenvalues by epoch, beside 2 / rate: gradient descent with a rate η leaves a minimum whose
/// largest eigenvalue is above 2/η.
plot::Chart sharpness_chart(std::span<const Sharpness> epochs);

}  // namespace report
}  // namespace reel::inline REEL_PRECISION
