// Dataset: labelled samples, stored as bytes or as numbers, from which batches are gathered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <reel/autodiff/core/file_bytes.h>
#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/core/shared_bytes.h>
#include <reel/autodiff/tensor/shared_tensor.h>

namespace reel::inline REEL_PRECISION {

namespace data {

/// Some samples and their labels.
struct Batch {
  SharedTensor images;  ///< (batch, features)
  Labels labels;        ///< (batch)

  /// The number of samples.
  std::size_t size() const noexcept { return labels.size(); }
};

/// The name of a data set and of its classes.
struct DatasetInfo {
  std::string name = "data";  ///< of the data set
  std::size_t classes = 0;  ///< 0: the number of class_names; without names, the highest label + 1
  std::vector<std::string> class_names = {};  ///< none, or one for each class
};

/// Labelled samples of the same shape, in memory or in a file. A copy, a subset or a split shares
/// the samples with the original. The samples never change, so threads may read them at the same
/// time.
///
/// Throws Error(Kind::input) if the data is wrong (counts that differ, a label out of range, no
/// sample), and Error(Kind::usage) if a call is wrong (a row that does not exist).
class Dataset {
 public:
  /// An empty data set without a shape: size() is 0, and all else but copying throws.
  Dataset() = default;

  /// `bytes`: (n, sample_shape…) in row-major order; `labels`: (n). Each value is a byte times
  /// `scale`, rounded once. In float, the default scale gives exactly byte / 255.
  static Dataset from_bytes(SharedBytes bytes, const Shape& sample_shape,
                            std::span<const Label> labels, DatasetInfo info = {},
                            double scale = 1.0 / 255);
  /// The same, but the bytes stay in their file: `gather` and `sample` read them, and throw as
  /// FileBytes::read does.
  static Dataset from_bytes(FileBytes bytes, const Shape& sample_shape,
                            std::span<const Label> labels, DatasetInfo info = {},
                            double scale = 1.0 / 255);
  /// `samples`: (n, …), used without scaling; `labels`: (n).
  static Dataset from_arrays(Tensor samples, std::span<const Label> labels, DatasetInfo info = {});

  /// The number of samples.
  std::size_t size() const noexcept { return size_; }
  std::size_t features() const;       ///< values in a sample
  const Shape& sample_shape() const;  ///< such as (28,28)
  /// The number of classes; labels are 0 … classes − 1.
  std::size_t classes() const;
  /// The name of the data set.
  const std::string& name() const;
  const std::vector<std::string>& class_names() const;  ///< empty if none were given
  /// The name of a class; its number if there are no names.
  std::string class_name(std::size_t index) const;

  /// The label of one sample.
  Label label(std::size_t index) const;
  Tensor sample(std::size_t index) const;  ///< of sample_shape()

  /// Fills `into` with the batch of these rows, in this order. If `into.images` has the right shape
  /// and is the only handle to its tensor, the images are overwritten in place. Otherwise
  /// `into.images` becomes a new tensor, and other handles to the old tensor keep its values.
  void gather(std::span<const std::uint32_t> rows, Batch& into) const;
  /// The same, written to memory of the caller: images (rows, features), labels (rows).
  void gather(std::span<const std::uint32_t> rows, std::span<Real> images,
              std::span<Label> labels) const;

  /// A data set of these rows, in this order; a row may appear more than once.
  Dataset subset(std::span<const std::uint32_t> rows) const;

 private:
  struct Storage;
  template <class Bytes>
  static Dataset from_any_bytes(Bytes bytes, const Shape& sample_shape,
                                std::span<const Label> labels, DatasetInfo info, double scale);
  explicit Dataset(std::shared_ptr<const Storage> storage);
  const Storage& storage() const;
  void check(std::size_t index) const;
  void check(std::span<const std::uint32_t> rows) const;
  void copy(std::span<const std::uint32_t> rows, Real* images) const;
  void copy_labels(std::span<const std::uint32_t> rows, Label* labels) const;
  std::size_t stored(std::size_t row) const noexcept { return rows_ ? (*rows_)[row] : row; }

  std::shared_ptr<const Storage> storage_;
  std::shared_ptr<const std::vector<std::uint32_t>> rows_;  // null: all rows
  std::size_t size_ = 0;
};

/// The two parts of a data set.
struct Split {
  Dataset rest, held_out;  ///< the larger part, and the part that was split off
};

/// Splits off a random `fraction` of the samples, in [0, 1), rounded to a whole number. Both parts
/// keep the order of the original. With fraction 0 it draws nothing from `rng`, and `held_out` is
/// empty. Throws Error(Kind::usage) if fraction > 0 and a part would be empty.
Split split(const Dataset& dataset, double fraction, Rng& rng);

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
