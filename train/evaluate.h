// Measures how good a model is on a data set.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <reel/data/dataset.h>
#include <reel/nn/module.h>
#include <reel/train/loss.h>
#include <reel/train/metrics.h>
#include <reel/train/progress.h>

namespace reel::inline REEL_PRECISION {
namespace train {

/// How often the model predicted class `guess` for a sample of class `truth`.
class Confusion {
 public:
  /// For this many classes, without samples.
  explicit Confusion(std::size_t classes = 0)
      : classes_(classes), counts_(classes * classes), unclassified_(classes) {}

  /// Counts a sample; a guess of −1 means that the sample's scores were NaN.
  void add(Label truth, Label guess);
  /// How many samples of class `truth` were taken for `guess`.
  std::size_t operator()(std::size_t truth, std::size_t guess) const {
    return counts_[truth * classes_ + guess];
  }
  /// The number of classes.
  std::size_t classes() const noexcept { return classes_; }

  std::size_t total() const;    ///< all samples
  std::size_t correct() const;  ///< samples on the diagonal
  double accuracy() const;      ///< the fraction that is correct; NaN if there are no samples
  /// The fraction of a class's samples that is correct; NaN if the class has no samples.
  double accuracy(std::size_t truth) const;

  /// The fraction of the guesses of a class that is correct; NaN if the class is never guessed.
  double precision(std::size_t guess) const;
  /// The same as accuracy(truth).
  double recall(std::size_t truth) const { return accuracy(truth); }
  /// 2·correct / (samples of the class + guesses of the class): the harmonic mean of precision and
  /// recall. NaN if the class has no samples and is never guessed.
  double f1(std::size_t index) const;
  /// The mean over the classes for which it is defined; NaN if there are none.
  double macro_precision() const;
  double macro_recall() const;  ///< the same for recall; also called balanced accuracy
  double macro_f1() const;      ///< the same for F1

 private:
  std::size_t samples_of(std::size_t truth) const;
  std::size_t guesses_of(std::size_t guess) const;
  double mean_over_classes(double (Confusion::*of)(std::size_t) const) const;

  std::size_t classes_;
  std::vector<std::size_t> counts_, unclassified_;
};

/// How good a model is on a data set.
struct Evaluation {
  double loss = 0;  ///< mean over the samples
  Confusion confusion =
      Confusion();      ///< of the samples, each counted once; empty if they have no classes
  Scores metrics = {};  ///< by their names

  /// NaN if the samples have no classes.
  double accuracy() const { return confusion.accuracy(); }
};

/// The options of `evaluate`.
struct EvaluateOptions {
  std::size_t batch_size = 64;                                   ///< how many samples a batch has
  Loss loss = {};                                                ///< by default default_loss
  std::vector<Metric> metrics = {};                              ///< to compute beside the loss
  std::function<void(const EvaluationProgress&)> on_batch = {};  ///< called after each batch
};

/// The class with the highest score in each row: (batch, classes) → (batch). If several are equal,
/// the first of them. If the row has a NaN, −1.
Labels predicted_classes(const Tensor& scores);

/// Runs the model on all samples, in eval mode and without a tape. Throws Error if its output does
/// not fit the loss, a metric or the data. With a loss of the caller's own the confusion is empty
/// if the output is not one score for each class.
///
///     evaluate(model, houses, {.metrics = {r_squared()}}).metrics.at("r_squared")
Evaluation evaluate(nn::Module& model, const data::Dataset& dataset,
                    const EvaluateOptions& options = {});

/// Puts a model into eval mode while it is alive; its destructor restores the mode of each part.
class EvalMode {
 public:
  /// Puts the model into eval mode.
  explicit EvalMode(nn::Module& model) : model_(model), modes_(model.modes()) { model_.eval(); }
  ~EvalMode() { model_.set_modes(modes_); }
  EvalMode(const EvalMode&) = delete;
  EvalMode& operator=(const EvalMode&) = delete;

 private:
  nn::Module& model_;
  std::vector<bool> modes_;
};

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
