// Evaluation over a data set.
#include <reel/train/evaluate.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/data/batches.h>
#include <reel/nn/plan.h>

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

double ratio(std::size_t part, std::size_t whole) {
  return whole ? static_cast<double>(part) / static_cast<double>(whole)
               : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

std::size_t Confusion::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::size_t{0}) +
         std::accumulate(unclassified_.begin(), unclassified_.end(), std::size_t{0});
}

std::size_t Confusion::correct() const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < classes_; ++i) count += (*this)(i, i);
  return count;
}

void Confusion::add(Label truth, Label guess) {
  const auto row = static_cast<std::size_t>(truth);
  if (guess < 0)
    ++unclassified_[row];
  else
    ++counts_[row * classes_ + static_cast<std::size_t>(guess)];
}

double Confusion::accuracy() const { return ratio(correct(), total()); }

std::size_t Confusion::samples_of(std::size_t truth) const {
  std::size_t row = unclassified_[truth];
  for (std::size_t guess = 0; guess < classes_; ++guess) row += (*this)(truth, guess);
  return row;
}

std::size_t Confusion::guesses_of(std::size_t guess) const {
  std::size_t column = 0;
  for (std::size_t truth = 0; truth < classes_; ++truth) column += (*this)(truth, guess);
  return column;
}

double Confusion::accuracy(std::size_t truth) const {
  return ratio((*this)(truth, truth), samples_of(truth));
}

double Confusion::precision(std::size_t guess) const {
  return ratio((*this)(guess, guess), guesses_of(guess));
}

double Confusion::f1(std::size_t index) const {
  return ratio(2 * (*this)(index, index), samples_of(index) + guesses_of(index));
}

double Confusion::mean_over_classes(double (Confusion::*of)(std::size_t) const) const {
  double sum = 0, count = 0;
  for (std::size_t c = 0; c < classes_; ++c) {
    const double value = (this->*of)(c);
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  return sum / count;
}

double Confusion::macro_precision() const { return mean_over_classes(&Confusion::precision); }
double Confusion::macro_recall() const { return mean_over_classes(&Confusion::recall); }
double Confusion::macro_f1() const { return mean_over_classes(&Confusion::f1); }

Labels predicted_classes(const Tensor& scores) {
  if (scores.dimension() != 2 || scores.shape()[1] == 0)
    fail_usage("predicted_classes", "takes scores (batch,classes), got ", to_string(scores.shape()),
               '.');
  const std::size_t classes = scores.shape()[1];
  constexpr std::size_t at_once = 1 << 14;  // elements for one thread: about ten microseconds
  Labels labels(scores.shape()[0]);
  parallel_ranges(labels.size(), std::max<std::size_t>(1, at_once / classes), [&](Range rows) {
    for (std::size_t i = rows.begin; i < rows.end; ++i) {
      const Real* const row = scores.data() + i * classes;
      std::size_t best = 0;
      bool valid = row[0] == row[0];
      for (std::size_t c = 1; c < classes; ++c) {
        if (row[c] > row[best]) best = c;
        valid &= row[c] == row[c];
      }
      labels[i] = valid ? static_cast<Label>(best) : -1;
    }
  });
  return labels;
}

Evaluation evaluate(nn::Module& model, const data::Dataset& dataset,
                    const EvaluateOptions& options) {
  const EvalMode mode(model);
  const NoTape no_tape;
  const auto batches = data::batches(dataset, {.batch_size = options.batch_size});
  nn::Plan plan(model, {batches.rows(0).size(), dataset.features()});
  Metrics metrics(options.metrics);
  Confusion confusion(dataset.classes());
  std::size_t done = 0;
  for (const data::Batch& batch : batches) {
    const bool whole = batch.inputs->shape() == plan.input();
    const Var output = whole ? Var(plan(batch.inputs)) : model(batch.inputs);
    metrics.add(detail::loss_of("evaluate", options.loss, output, batch, dataset), output, batch);
    if (output.shape() != Shape{batch.size(), confusion.classes()}) confusion = Confusion();
    if (confusion.classes() > 0) {
      const Labels guesses = predicted_classes(output.value());
      for (std::size_t k = 0; k < guesses.size(); ++k) confusion.add(batch.labels[k], guesses[k]);
    }
    if (options.on_batch) options.on_batch({++done, batches.count()});
  }
  return {metrics.loss(), std::move(confusion), metrics.scores()};
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
