// Cuts an order of samples into batches.
#include <reel/data/batches.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace reel::inline REEL_PRECISION {
namespace data {
namespace {

void check(const Dataset& dataset, const BatchOptions& options) {
  if (dataset.size() == 0) fail_usage("batches", "the data set is empty.");
  if (options.batch_size == 0) fail_usage("batches", "batch_size 0, expected at least 1.");
  if (options.drop_last && dataset.size() < options.batch_size)
    fail_usage("batches", "the ", dataset.size(), " samples of \"", dataset.name(),
               "\" are fewer than one batch of ", options.batch_size,
               ", which drop_last would drop. Hint: take smaller batches.");
  if (options.augmentation) options.augmentation->check(dataset.sample_shape());
}

// A random order of 0, …, n − 1: the blocks come in a random order, and each block is shuffled.
std::vector<std::uint32_t> block_order(std::size_t n, std::size_t block, Rng& rng) {
  block = std::min(block, n);
  std::vector<std::uint32_t> order;
  order.reserve(n);
  for (const std::size_t b : rng.permutation((n + block - 1) / block)) {
    const std::size_t start = b * block;
    for (const std::size_t i : rng.permutation(std::min(block, n - start)))
      order.push_back(static_cast<std::uint32_t>(start + i));
  }
  return order;
}

}  // namespace

Batches::Batches(Dataset dataset, const BatchOptions& options, std::vector<std::uint32_t> order,
                 std::optional<Rng> key)
    : dataset_(std::move(dataset)),
      order_(std::move(order)),
      size_(options.batch_size),
      first_(options.first),
      count_(0),
      key_(std::move(key)) {
  check(dataset_, options);
  count_ = order_.size() / size_ + (!options.drop_last && order_.size() % size_ != 0);
  if (count_ == 0)
    fail_usage("batches", "an order of ", order_.size(), " samples makes no batch of ", size_, '.');
  if (first_ > count_)
    fail_usage("batches", "the first batch is ", first_, ", and there are ", count_, '.');
  if (!options.augmentation) return;
  if (!key_)
    fail_usage("batches",
               "an augmentation draws random numbers, and there is no generator. Hint: pass an "
               "Rng to batches.");
  augmentation_ = *options.augmentation;
}

std::span<const std::uint32_t> Batches::rows(std::size_t batch) const {
  if (batch >= count_) fail_usage("batches", "batch ", batch, " of ", count_, '.');
  const std::size_t start = batch * size_;
  return std::span(order_).subspan(start, std::min(size_, order_.size() - start));
}

void Batches::gather(std::size_t batch, Batch& into) const {
  dataset_.gather(rows(batch), into);
  if (!augmentation_) return;
  Tensor& inputs = into.inputs.mutate();
  augmentation_->apply({inputs.data(), inputs.size()}, dataset_.sample_shape(), rows(batch), *key_);
}

Batches batches(const Dataset& dataset, const BatchOptions& options, Rng& rng) {
  check(dataset, options);  // before any random number is drawn
  // The key has a number that no position reaches: `fit` splits by the position for its steps.
  const Rng key = rng.split(~rng.state().position);
  std::vector<std::uint32_t> order = options.block == 0
                                         ? rng.permutation(dataset.size())
                                         : block_order(dataset.size(), options.block, rng);
  return Batches(dataset, options, std::move(order), key);
}

Batches batches(const Dataset& dataset, const BatchOptions& options) {
  std::vector<std::uint32_t> order(dataset.size());
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  return Batches(dataset, options, std::move(order));
}

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
