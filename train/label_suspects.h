// Finds samples whose labels are probably wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include <reel/data/dataset.h>
#include <reel/nn/sequential.h>

namespace reel::inline REEL_PRECISION {
namespace train {

/// A sample, and how well its label fits.
struct LabelSuspect {
  std::uint32_t row;  ///< in the data set
  Label label;        ///< its label
  Label other;        ///< the class that the network prefers among all others
  /// ln p(label) − ln p(other), by a network that was not trained on the sample. The lower it is,
  /// the more probably is the label wrong.
  double margin;
};

/// The options of `label_suspects`.
struct LabelSuspectsOptions {
  std::size_t folds = 4;            ///< parts; for each, a network is trained on the other parts
  std::size_t epochs = 4;           ///< of each network, but so many that it takes `steps` steps
  std::size_t steps = 400;          ///< the least number of steps of each network
  std::size_t batch_size = 64;      ///< samples in a batch
  double lr = 1e-3;                 ///< the rate of Adam
  std::function<bool()> stop = {};  ///< called after each step; true ends the search
};

/// All samples, those with the most suspicious labels first. Cross-validation gives each sample
/// probabilities from a network that has not seen its label, as confident learning does (Northcutt,
/// Jiang and Chuang, JAIR 2021). The samples are in the order of their margins (Pleiss et al.,
/// NeurIPS 2020): the probability of a label that was mistaken for a similar one is small, and that
/// of any other wrong label is smaller by orders of magnitude. `model` is only the pattern of the
/// networks, whose weights are drawn from `rng`. Costs (folds − 1)·epochs epochs of training.
/// Returns nothing if `stop` ended it. Throws Error: kind usage unless the targets are classes and
/// each part has a sample; kind diverged if a loss is not finite.
///
///     label_suspects(nn::mlp({784, 64, 10}, nn::relu), images.train, rng)[0].row
std::vector<LabelSuspect> label_suspects(const nn::Sequential& model, const data::Dataset& dataset,
                                         Rng& rng, const LabelSuspectsOptions& options = {});

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
