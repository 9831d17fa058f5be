// Evaluation over a data set.
#include <reel/train/evaluate.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/data/batches.h>
#include <reel/nn/losses.h>
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

double Confusion::accuracy(std::size_t truth) const {
  std::size_t row = unclassified_[truth];
  for (std::size_t guess = 0; guess < classes_; ++guess) row += (*this)(truth, guess);
  return ratio((*this)(truth, truth), row);
}

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

Evaluation evaluate(nn::Module& model, const data::Dataset& dataset, std::size_t batch) {
  const EvalMode mode(model);
  const NoTape no_tape;
  const data::Batches batches = data::batches(dataset, {.size = batch});
  nn::Plan plan(model, {batches.rows(0).size(), dataset.features()});
  Evaluation result{0, Confusion(dataset.classes())};
  for (const data::Batch& samples : batches) {
    const bool whole = samples.images->shape() == plan.input();
    const Tensor scores = whole ? plan(samples.images) : model(samples.images).value();
    if (scores.dimension() != 2 || scores.shape()[1] != dataset.classes())
      fail_usage("evaluate", "the model's output is ", to_string(scores.shape()),
                 ", the data set has ", dataset.classes(), " classes.");
    result.loss += nn::cross_entropy(scores, samples.labels, Reduction::sum).item();
    const Labels guesses = predicted_classes(scores);
    for (std::size_t k = 0; k < guesses.size(); ++k)
      result.confusion.add(samples.labels[k], guesses[k]);
  }
  result.loss /= static_cast<double>(dataset.size());
  return result;
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
