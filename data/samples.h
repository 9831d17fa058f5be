// Samples: rows of values, as numbers or as bytes, in memory or in a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include <reel/autodiff/core/file_bytes.h>
#include <reel/autodiff/core/shared_bytes.h>
#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {
namespace data {

/// The inputs of a data set, or its targets if these are numbers. They never change.
class Samples {
 public:
  /// Numbers of shape (n, …), used as they are.
  explicit Samples(Tensor numbers);
  /// n samples of this shape in row-major order. Each value is a byte times `scale`, rounded once.
  Samples(SharedBytes bytes, const Shape& shape, double scale);
  /// The same, but the bytes stay in their file.
  Samples(FileBytes bytes, const Shape& shape, double scale);

  std::size_t count() const noexcept { return count_; }
  const Shape& shape() const noexcept { return shape_; }       ///< of one sample
  std::size_t features() const noexcept { return features_; }  ///< values in a sample

  /// Writes one sample.
  void write(std::size_t row, Real* to) const;
  /// Writes these samples one after the other; with several threads if there are many values.
  /// `stored`: the row of a sample, for each of its numbers in `rows`; null: the number itself.
  void copy(std::span<const std::uint32_t> rows, const std::uint32_t* stored, Real* to) const;

 private:
  // A factor for bytes, stored as two parts; a byte is multiplied by each part, and the products
  // are added. The high part has 8 free bits, so its product is exact. So the sum is the correctly
  // rounded product with the whole factor, and fused multiply-adds change nothing. (With 1/255 as a
  // single float, 126 of the 256 bytes differ from byte / 255.)
  struct Scale {
    Real high, low;
    explicit Scale(double factor);
  };
  static void scale_bytes(const std::uint8_t* from, Real* to, std::size_t count, Scale scale);

  const void* start(std::size_t row) const;
  void write_from_file(std::size_t row, Real* to) const;
  void fetch(std::size_t row) const;

  std::variant<Tensor, SharedBytes, FileBytes> values_;
  Scale scale_{1};
  Shape shape_;
  std::size_t features_, count_;
};

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
