// Dataset: samples with their targets, from which batches are gathered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
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

/// Some samples, and the answers that a model is trained to give: classes or numbers.
struct Batch {
  SharedTensor inputs;   ///< (batch, features)
  Labels labels;         ///< (batch): the classes; empty if the targets are numbers
  SharedTensor targets;  ///< (batch, outputs): the numbers; no tensor if the targets are classes
  SharedTensor weights;  ///< (batch), of the samples; no tensor if none were given

  /// The number of samples.
  std::size_t size() const noexcept { return inputs ? inputs->shape()[0] : 0; }
  /// The sum of the weights; the number of samples if there are none.
  double weight() const;
};

/// The name of a data set and of its classes.
struct DatasetInfo {
  std::string name = "data";  ///< of the data set
  std::size_t classes = 0;  ///< 0: the number of class_names; without names, the highest label + 1
  std::vector<std::string> class_names = {};  ///< none, or one for each class
};

/// Samples of the same shape with their targets, in memory or in a file. A copy, a subset or a
/// split shares the samples with the original. The samples never change, so threads may read them
/// at the same time.
///
///     const Dataset flowers(x, {0, 2, 1, 1});              // classes
///     const Dataset houses = Dataset(x, prices).weighted(w);  // numbers
///     const Dataset codes = Dataset(x).autoencoding();     // its own inputs
///
/// Throws Error(Kind::input) if the data is wrong (counts that differ, a label out of range, no
/// sample), and Error(Kind::usage) if a call is wrong (a row that does not exist).
class Dataset {
 public:
  /// An empty data set without a shape: size() is 0, and all else but copying throws.
  Dataset() = default;

  /// `inputs`: (n, …), without targets.
  explicit Dataset(Tensor inputs, DatasetInfo info = {});
  /// Targets that are numbers: (n, …). Targets (n) count as (n,1), so that a batch of them has the
  /// shape of a model's output.
  Dataset(Tensor inputs, Tensor targets, DatasetInfo info = {});
  /// Targets that are classes, from 0: (n).
  Dataset(Tensor inputs, std::span<const Label> labels, DatasetInfo info = {});
  Dataset(Tensor inputs, std::initializer_list<Label> labels, DatasetInfo info = {});

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

  /// The same samples, whose targets are their inputs. A batch has one tensor for both.
  Dataset autoencoding() const;
  /// The same samples with these weights, (size()). They are finite, not negative, and not all 0. A
  /// loss or metric of a batch is then Σ wᵢ·fᵢ / Σ wᵢ.
  Dataset weighted(Tensor weights) const;

  /// The number of samples.
  std::size_t size() const noexcept { return size_; }
  std::size_t features() const;       ///< values in a sample
  const Shape& sample_shape() const;  ///< such as (28,28)
  /// The number of outputs that a model for this data set has: its classes, or the numbers in a
  /// target; 0 without targets.
  std::size_t outputs() const;
  std::size_t classes() const;  ///< 0 if the targets are not classes
  /// The name of the data set.
  const std::string& name() const;
  const std::vector<std::string>& class_names() const;  ///< empty if none were given
  /// The name of a class; its number if there are no names.
  std::string class_name(std::size_t index) const;

  Tensor sample(std::size_t index) const;  ///< of sample_shape()
  Label label(std::size_t index) const;    ///< throws Error(usage) unless the targets are classes
  Tensor target(std::size_t index) const;  ///< throws Error(usage) unless the targets are numbers
  Real weight(std::size_t index) const;    ///< 1 if no weights were given

  /// Fills `into` with the batch of these rows, in this order. A tensor of `into` that has the
  /// right shape and no other handle is overwritten in place. Any other is replaced by a new
  /// tensor, so that other handles keep their values.
  void gather(std::span<const std::uint32_t> rows, Batch& into) const;
  /// The same for classes, written to memory of the caller: inputs (rows, features), labels (rows).
  void gather(std::span<const std::uint32_t> rows, std::span<Real> inputs,
              std::span<Label> labels) const;
  /// All samples as one batch.
  Batch all() const;

  /// A data set of these rows, in this order; a row may appear more than once.
  Dataset subset(std::span<const std::uint32_t> rows) const;
  /// The row of the data set that this is a subset of, or a subset of a subset; else the same row.
  std::size_t source_row(std::size_t row) const;

 private:
  struct Storage;
  template <class Bytes>
  static Dataset from_any_bytes(Bytes bytes, const Shape& sample_shape,
                                std::span<const Label> labels, DatasetInfo info, double scale);
  explicit Dataset(std::shared_ptr<const Storage> storage);
  const Storage& storage() const;
  void check(std::size_t index) const;
  void check(std::span<const std::uint32_t> rows) const;
  void copy_labels(std::span<const std::uint32_t> rows, Label* to) const;
  const std::uint32_t* stored() const noexcept { return rows_ ? rows_->data() : nullptr; }
  std::size_t stored(std::size_t row) const noexcept { return rows_ ? (*rows_)[row] : row; }

  std::shared_ptr<const Storage> storage_;
  std::shared_ptr<const std::vector<std::uint32_t>> rows_;  // null: all rows
  SharedTensor weights_;                                    // (size_), or no tensor
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
