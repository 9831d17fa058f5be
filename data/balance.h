// Weights of classes that occur in different numbers.
#pragma once

#include <reel/data/dataset.h>

namespace reel::inline REEL_PRECISION {
namespace data {

/// A weight for each class, (classes), so that all classes have the same weight in a loss: n /
/// (classes · nᶜ), where nᶜ of the n samples are of class c; scikit-learn's "balanced". If the
/// samples have weights, n and nᶜ are sums of these. Throws Error(Kind::usage) if the targets are
/// not classes, and Error(Kind::input) if a class has no samples, or only samples of weight 0.
Tensor balanced_weights(const Dataset& dataset);

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
