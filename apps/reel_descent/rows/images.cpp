// Loads MNIST-format images.
#include "images.h"

#include <algorithm>
#include <numeric>

#include <reel/data/mnist.h>

namespace reel::descent {

data::Dataset training_images(const Settings& settings, std::size_t count) {
  const data::Dataset all = data::load_mnist(settings.data).train;
  std::vector<std::uint32_t> rows(std::min(count, all.size()));
  std::iota(rows.begin(), rows.end(), 0U);
  return all.subset(rows);
}

}  // namespace reel::descent
