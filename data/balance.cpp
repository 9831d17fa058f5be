// Counts the samples of each class.
#include <reel/data/balance.h>

#include <cstddef>
#include <vector>

namespace reel::inline REEL_PRECISION {
namespace data {

Tensor balanced_weights(const Dataset& dataset) {
  const std::size_t classes = dataset.classes();
  if (classes == 0)
    fail_usage("balanced_weights", '"', dataset.name(), "\" has no targets that are classes.");
  std::vector<double> counts(classes);
  double total = 0;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    const auto weight = static_cast<double>(dataset.weight(i));
    counts[static_cast<std::size_t>(dataset.label(i))] += weight;
    total += weight;
  }
  Tensor weights = uninitialized({classes});
  for (std::size_t c = 0; c < classes; ++c) {
    if (counts[c] == 0)
      fail(Error::Kind::input, "balanced_weights", '"', dataset.name(), "\" has no samples of \"",
           dataset.class_name(c), "\", so the class has no weight.");
    weights(c) = static_cast<Real>(total / (static_cast<double>(classes) * counts[c]));
  }
  return weights;
}

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
