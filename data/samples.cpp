// The storage of samples, and copying from it.
#include <reel/data/samples.h>

#include <algorithm>
#include <bit>
#include <type_traits>
#include <utility>
#include <vector>

#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/core/prefetch.h>

namespace reel::inline REEL_PRECISION {
namespace data {

Samples::Scale::Scale(double factor) {
  if constexpr (std::is_same_v<Real, float>) {
    const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(factor));
    high = std::bit_cast<float>(bits & ~std::uint32_t{0xFF});
    low = static_cast<Real>(factor - static_cast<double>(high));
  } else {
    high = static_cast<Real>(factor);
    low = 0;
  }
}

// to[i] = from[i] · scale, in blocks of fixed size, which g++ vectorises even at -O2; the last
// block overlaps the one before it.
void Samples::scale_bytes(const std::uint8_t* __restrict from, Real* __restrict to,
                          std::size_t count, Scale scale) {
  constexpr std::size_t block = 64;
  const auto scaled = [scale](std::uint8_t byte) {
    const auto x = static_cast<Real>(byte);
    return x * scale.high + x * scale.low;
  };
  if (count < block) {
    for (std::size_t i = 0; i < count; ++i) to[i] = scaled(from[i]);
    return;
  }
  for (std::size_t start = 0; start < count; start += block) {
    const std::size_t i = std::min(start, count - block);
    for (std::size_t j = 0; j < block; ++j) to[i + j] = scaled(from[i + j]);
  }
}

Samples::Samples(Tensor numbers)
    : shape_(numbers.shape().begin() + 1, numbers.shape().end()),
      features_(element_count(shape_)),
      count_(numbers.shape()[0]) {
  values_ = std::move(numbers);
}

Samples::Samples(SharedBytes bytes, const Shape& shape, double scale)
    : scale_(scale),
      shape_(shape),
      features_(element_count(shape)),
      count_(bytes.size() / features_) {
  values_ = std::move(bytes);
}

Samples::Samples(FileBytes bytes, const Shape& shape, double scale)
    : scale_(scale),
      shape_(shape),
      features_(element_count(shape)),
      count_(bytes.size() / features_) {
  values_ = std::move(bytes);
}

// The address of a row, for samples in memory.
const void* Samples::start(std::size_t row) const {
  if (const auto* numbers = std::get_if<Tensor>(&values_)) return numbers->data() + row * features_;
  return std::get<SharedBytes>(values_).data() + row * features_;
}

void Samples::write(std::size_t row, Real* to) const {
  if (const auto* numbers = std::get_if<Tensor>(&values_))
    std::copy_n(numbers->data() + row * features_, features_, to);
  else if (const auto* bytes = std::get_if<SharedBytes>(&values_))
    scale_bytes(bytes->data() + row * features_, to, features_, scale_);
  else
    write_from_file(row, to);
}

void Samples::write_from_file(std::size_t row, Real* to) const {
  thread_local std::vector<std::uint8_t> bytes;
  bytes.resize(features_);
  std::get<FileBytes>(values_).read(row * features_, bytes);
  scale_bytes(bytes.data(), to, features_, scale_);
}

// Prefetches the start of a row; then the processor detects the access pattern and prefetches the
// rest.
void Samples::fetch(std::size_t row) const {
  constexpr std::size_t most = 4096;
  if (std::holds_alternative<FileBytes>(values_)) return;
  const std::size_t size = features_ * (std::holds_alternative<Tensor>(values_) ? sizeof(Real) : 1);
  reel::prefetch(start(row), std::min(size, most));
}

void Samples::copy(std::span<const std::uint32_t> rows, const std::uint32_t* stored,
                   Real* to) const {
  constexpr std::size_t ahead = 4;  // rows
  // elements for one thread; fewer from a file, as the read call of a row takes longer than the row
  const std::size_t at_once = std::size_t{1}
                              << (std::holds_alternative<FileBytes>(values_) ? 12 : 16);
  const auto row = [&](std::size_t i) { return stored ? stored[rows[i]] : rows[i]; };
  parallel_ranges(rows.size(), std::max<std::size_t>(1, at_once / features_), [&](Range part) {
    for (std::size_t i = part.begin; i < std::min(part.begin + ahead, part.end); ++i) fetch(row(i));
    for (std::size_t i = part.begin; i < part.end; ++i) {
      if (i + ahead < part.end) fetch(row(i + ahead));
      write(row(i), to + i * features_);
    }
  });
}

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
