// Dataset: labelled samples, kept as bytes or as a user's own numbers, from which batches are
// gathered.
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

  std::size_t size() const noexcept { return labels.size(); }
};

/// What a data set is called and what its classes are.
struct DatasetInfo {
  std::string name = "data";
  std::size_t classes = 0;  ///< 0: as many as class_names; without them, the highest label + 1
  std::vector<std::string> class_names = {};  ///< none, or one for each class
};

/// Labelled samples of one shape, in memory or in a file. A copy, a subset or a split shares the
/// samples with the original; they never change, so threads may read them at the same time.
///
/// Data that is wrong (counts that differ, a label out of range, no sample at all) is an
/// Error(Kind::input); a call that is wrong (a row that does not exist) an Error(Kind::usage).
class Dataset {
 public:
  /// Holds nothing, not even a shape: size() is 0, and all else but copying throws.
  Dataset() = default;

  /// `bytes`: (n, sample_shape…) in row-major order; `labels`: (n). A sample's values are its bytes
  /// times `scale`, rounded once; in float and with the default scale, exactly byte / 255.
  static Dataset from_bytes(SharedBytes bytes, const Shape& sample_shape,
                            std::span<const Label> labels, DatasetInfo info = {},
                            double scale = 1.0 / 255);
  /// The same, of bytes that stay in their file: `gather` and `sample` read them, and
  /// throw as FileBytes::read does.
  static Dataset from_bytes(FileBytes bytes, const Shape& sample_shape,
                            std::span<const Label> labels, DatasetInfo info = {},
                            double scale = 1.0 / 255);
  /// `samples`: (n, …), used as they are; `labels`: (n).
  static Dataset from_arrays(Tensor samples, std::span<const Label> labels, DatasetInfo info = {});

  std::size_t size() const noexcept { return size_; }
  std::size_t features() const;       ///< values in a sample
  const Shape& sample_shape() const;  ///< (28,28), say
  std::size_t classes() const;
  const std::string& name() const;
  const std::vector<std::string>& class_names() const;  ///< empty if none were given
  /// The name of a class; its number if it has none.
  std::string class_name(std::size_t index) const;

  Label label(std::size_t index) const;
  Tensor sample(std::size_t index) const;  ///< of sample_shape()

  /// Makes `into` the batch of these rows, in this order. The images are written in place if
  /// `into.images` is of the right shape and the only handle to its tensor; else they get a
  /// new one, and other handles to the old tensor keep its values.
  void gather(std::span<const std::uint32_t> rows, Batch& into) const;
  /// The same into memory of the caller: images (rows, features), labels (rows).
  void gather(std::span<const std::uint32_t> rows, std::span<Real> images,
              std::span<Label> labels) const;

  /// The data set of these rows, in this order; a row may appear more than once.
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
  std::shared_ptr<const std::vector<std::uint32_t>> rows_;  // none: all of them
  std::size_t size_ = 0;
};

/// The two parts of a data set.
struct Split {
  Dataset rest, held_out;
};

/// Holds out a random `fraction` of the samples, rounded to whole ones, in [0, 1); both parts keep
/// the order of the original. A fraction of 0 draws nothing from `rng` and leaves `held_out` empty.
/// Throws Error(Kind::usage) if fraction > 0 and either part would have no sample.
Split split(const Dataset& dataset, double fraction, Rng& rng);

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
