// The batches of a data set as a range, shuffled or in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <vector>

#include <reel/data/augmentation.h>
#include <reel/data/dataset.h>

namespace reel::inline REEL_PRECISION {
namespace data {

/// The options of `batches`.
struct BatchOptions {
  std::size_t batch_size = 64;  ///< samples in a batch
  bool drop_last = false;       ///< leaves out the last batch if it is smaller than the others
  /// Shuffle in blocks of this many neighbouring samples: the blocks come in a random order, and
  /// the samples within each block are shuffled, so that reads stay close together in a file. 0:
  /// shuffle all samples.
  std::size_t block = 0;
  /// The number of the first batch that a loop visits, from 0: a run that was stopped continues in
  /// the middle of an epoch.
  std::size_t first = 0;
  /// Changes the inputs of each batch at random: the samples are images. The changes of a sample
  /// depend only on the generator's state before the order is drawn, and the number of the sample.
  /// Targets that are numbers stay as they are; an autoencoder's are the changed inputs.
  const Augmentation* augmentation = nullptr;
};

/// One pass over a data set, batch by batch. Each iterator gathers into its own Batch. The next
/// batch reuses the memory of the tensors, unless you keep a handle to them; so a loop allocates
/// nothing after its first batch.
class Batches {
 public:
  class Iterator;

  /// `order`: the rows to visit; `key`: the generator of the augmentation, if there is one. Throws
  /// Error(Kind::usage) if the batch size is 0, or if there would be no batch, or if the first one
  /// to visit does not exist, or if an augmentation has no generator or no images.
  Batches(Dataset dataset, const BatchOptions& options, std::vector<std::uint32_t> order,
          std::optional<Rng> key = {});

  /// The first batch.
  Iterator begin() const;
  /// The end of the range.
  std::default_sentinel_t end() const noexcept { return {}; }

  /// The number of batches in an epoch, including those before the first one that is visited.
  std::size_t count() const noexcept { return count_; }
  /// The rows of one batch.
  std::span<const std::uint32_t> rows(std::size_t batch) const;
  /// The data set that the batches come from.
  const Dataset& dataset() const noexcept { return dataset_; }
  /// Fills `into` with one batch, as Dataset::gather does, and augments it.
  void gather(std::size_t batch, Batch& into) const;

 private:
  Dataset dataset_;
  std::vector<std::uint32_t> order_;
  std::size_t size_, first_, count_;
  std::optional<Augmentation> augmentation_;  // with the key, if there is one
  std::optional<Rng> key_;
};

/// An input iterator; `*it` is valid until the next increment. The Batches must outlive it.
class Batches::Iterator {
 public:
  using value_type = Batch;
  using difference_type = std::ptrdiff_t;
  using reference = const Batch&;
  using pointer = const Batch*;
  using iterator_category = std::input_iterator_tag;

  /// At the batch with this number.
  Iterator(const Batches& batches, std::size_t first) : batches_(&batches), index_(first) {
    gather();
  }

  /// The batch.
  const Batch& operator*() const noexcept { return batch_; }
  /// A member of the batch.
  const Batch* operator->() const noexcept { return &batch_; }
  /// Gathers the next batch.
  Iterator& operator++() {
    ++index_;
    gather();
    return *this;
  }
  /// The same.
  void operator++(int) { ++*this; }
  /// Whether all batches have been visited.
  bool operator==(std::default_sentinel_t) const noexcept { return index_ == batches_->count(); }

 private:
  void gather() {
    if (index_ < batches_->count()) batches_->gather(index_, batch_);
  }

  const Batches* batches_;
  std::size_t index_;
  Batch batch_;
};

inline Batches::Iterator Batches::begin() const { return Iterator(*this, first_); }

/// Batches of the samples in a random order; this call draws the order from `rng`.
Batches batches(const Dataset& dataset, const BatchOptions& options, Rng& rng);
/// The same for a generator of this epoch alone, such as `rng.split(epoch)`. Then the order depends
/// only on the seed and the number of the epoch, and a resumed run finds it again.
inline Batches batches(const Dataset& dataset, const BatchOptions& options, Rng&& rng) {
  return batches(dataset, options, rng);
}
/// Batches in the order of the data set, for example for evaluation; without augmentation.
Batches batches(const Dataset& dataset, const BatchOptions& options = {});

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
