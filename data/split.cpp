// Splits a data set at random.
#include <algorithm>
#include <cmath>
#include <vector>

#include <reel/data/dataset.h>

namespace reel::inline REEL_PRECISION {
namespace data {

Split split(const Dataset& dataset, double fraction, Rng& rng) {
  const std::size_t n = dataset.size();
  if (n == 0) fail_usage("split", "the data set is empty.");
  if (!(fraction >= 0 && fraction < 1))
    fail_usage("split", "fraction ", fraction, ", expected 0 to below 1.");
  if (fraction == 0) return {dataset, Dataset()};
  const auto held = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(n)));
  if (held == 0 || held == n)
    fail_usage("split", "a fraction of ", fraction, " of the ", n, " samples of \"", dataset.name(),
               "\" is ", held, ", which leaves one part empty.");
  std::vector<std::uint32_t> order = rng.permutation(n);
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(held);
  std::sort(order.begin(), middle);
  std::sort(middle, order.end());
  const std::span<const std::uint32_t> rows = order;
  return {dataset.subset(rows.subspan(held)), dataset.subset(rows.first(held))};
}

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
