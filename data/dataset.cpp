// The storage of a data set, its checks, and gathering from it.
#include <reel/data/dataset.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/core/prefetch.h>

namespace reel::inline REEL_PRECISION {
namespace data {
namespace {

// A factor for bytes, stored as two parts; a byte is multiplied by each part, and the products are
// added. The high part has 8 free bits, so its product is exact. So the sum is the correctly
// rounded product with the whole factor, and fused multiply-adds change nothing. (With 1/255 as a
// single float, 126 of the 256 bytes differ from byte / 255.)
struct Scale {
  Real high, low;

  explicit Scale(double factor) {
    if constexpr (std::is_same_v<Real, float>) {
      const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(factor));
      high = std::bit_cast<float>(bits & ~std::uint32_t{0xFF});
      low = static_cast<Real>(factor - static_cast<double>(high));
    } else {
      high = static_cast<Real>(factor);
      low = 0;
    }
  }
};

// to[i] = from[i] · scale, in blocks of fixed size, which g++ vectorises even at -O2; the last
// block overlaps the one before it.
void scale_bytes(const std::uint8_t* __restrict from, Real* __restrict to, std::size_t count,
                 Scale scale) {
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

}  // namespace

struct Dataset::Storage {
  // (n, …): numbers, or bytes to be scaled, in memory or in a file
  std::variant<Tensor, SharedBytes, FileBytes> samples;
  Scale scale{1};
  Labels labels;  // (n)
  Shape sample_shape;
  std::size_t features = 0;
  DatasetInfo info;

  // The address of a row, for samples in memory.
  const void* start(std::size_t row) const {
    if (const auto* numbers = std::get_if<Tensor>(&samples))
      return numbers->data() + row * features;
    return std::get<SharedBytes>(samples).data() + row * features;
  }

  void write(std::size_t row, Real* to) const {
    if (const auto* numbers = std::get_if<Tensor>(&samples))
      std::copy_n(numbers->data() + row * features, features, to);
    else if (const auto* bytes = std::get_if<SharedBytes>(&samples))
      scale_bytes(bytes->data() + row * features, to, features, scale);
    else
      write_from_file(row, to);
  }

  void write_from_file(std::size_t row, Real* to) const {
    thread_local std::vector<std::uint8_t> bytes;
    bytes.resize(features);
    std::get<FileBytes>(samples).read(row * features, bytes);
    scale_bytes(bytes.data(), to, features, scale);
  }

  // Prefetches the start of a row; then the processor detects the access pattern and prefetches the
  // rest.
  void fetch(std::size_t row) const {
    constexpr std::size_t most = 4096;
    if (std::holds_alternative<FileBytes>(samples)) return;
    const std::size_t size =
        features * (std::holds_alternative<Tensor>(samples) ? sizeof(Real) : 1);
    reel::prefetch(start(row), std::min(size, most));
  }

  // Stores the labels and the description of n samples of shape sample_shape.
  void describe(std::size_t n, std::span<const Label> given, DatasetInfo about);
};

void Dataset::Storage::describe(std::size_t n, std::span<const Label> given, DatasetInfo about) {
  using enum Error::Kind;
  features = element_count(sample_shape);
  info = std::move(about);
  if (n == 0) fail(input, "dataset", '"', info.name, "\" has no samples.");
  if (n > std::numeric_limits<std::uint32_t>::max())
    fail(input, "dataset", '"', info.name, "\" has ", n,
         " samples, at most 2^32 − 1 are possible.");
  if (features == 0)
    fail(input, "dataset", '"', info.name, "\" has samples of shape ", to_string(sample_shape),
         ", without a single value.");
  if (given.size() != n)
    fail(input, "dataset", '"', info.name, "\" has ", n, " samples but ", given.size(), " labels.");
  if (info.classes == 0) info.classes = info.class_names.size();
  if (!info.class_names.empty() && info.class_names.size() != info.classes)
    fail_usage("dataset", '"', info.name, "\" has ", info.classes, " classes but ",
               info.class_names.size(), " class names.");
  const bool open = info.classes == 0;
  for (std::size_t i = 0; i < n; ++i) {
    const Label label = given[i];
    if (label < 0)
      fail(input, "dataset", '"', info.name, "\": label ", label, " at index ", i, " is negative.");
    const auto needed = static_cast<std::size_t>(label) + 1;
    if (open)
      info.classes = std::max(info.classes, needed);
    else if (needed > info.classes)
      fail(input, "dataset", '"', info.name, "\": label ", label, " at index ", i,
           ", expected 0 to ", info.classes - 1, '.');
  }
  labels.assign(given.begin(), given.end());
}

Dataset::Dataset(std::shared_ptr<const Storage> storage)
    : storage_(std::move(storage)), size_(storage_->labels.size()) {}

template <class Bytes>
Dataset Dataset::from_any_bytes(Bytes bytes, const Shape& sample_shape,
                                std::span<const Label> labels, DatasetInfo info, double scale) {
  if (!std::isfinite(scale) || scale == 0)
    fail_usage("dataset", "scale ", scale, ", expected a finite number other than 0.");
  const std::size_t features = element_count(sample_shape);
  if (features != 0 && bytes.size() % features != 0)
    fail(Error::Kind::input, "dataset", '"', info.name, "\": ", bytes.size(),
         " bytes are not a multiple of a sample of shape ", to_string(sample_shape), '.');
  auto storage = std::make_shared<Storage>();
  storage->scale = Scale(scale);
  storage->sample_shape = sample_shape;
  const std::size_t n = features == 0 ? labels.size() : bytes.size() / features;
  storage->describe(n, labels, std::move(info));
  storage->samples = std::move(bytes);
  return Dataset(std::move(storage));
}

Dataset Dataset::from_bytes(SharedBytes bytes, const Shape& sample_shape,
                            std::span<const Label> labels, DatasetInfo info, double scale) {
  return from_any_bytes(std::move(bytes), sample_shape, labels, std::move(info), scale);
}

Dataset Dataset::from_bytes(FileBytes bytes, const Shape& sample_shape,
                            std::span<const Label> labels, DatasetInfo info, double scale) {
  return from_any_bytes(std::move(bytes), sample_shape, labels, std::move(info), scale);
}

Dataset Dataset::from_arrays(Tensor samples, std::span<const Label> labels, DatasetInfo info) {
  if (samples.dimension() == 0)
    fail_usage("dataset", "samples are one number, expected shape (n, …).");
  auto storage = std::make_shared<Storage>();
  storage->sample_shape = Shape(samples.shape().begin() + 1, samples.shape().end());
  storage->describe(samples.shape()[0], labels, std::move(info));
  storage->samples = std::move(samples);
  return Dataset(std::move(storage));
}

const Dataset::Storage& Dataset::storage() const {
  if (!storage_) fail_usage("dataset", "the data set is empty.");
  return *storage_;
}

void Dataset::check(std::size_t index) const {
  if (index >= size_)
    fail_usage("dataset", '"', name(), "\": row ", index, " of ", size_, " samples.");
}

void Dataset::check(std::span<const std::uint32_t> rows) const {
  if (rows.empty()) fail_usage("dataset", '"', name(), "\": no rows were asked for.");
  for (const std::uint32_t row : rows) check(row);
}

std::size_t Dataset::features() const { return storage().features; }
const Shape& Dataset::sample_shape() const { return storage().sample_shape; }
std::size_t Dataset::classes() const { return storage().info.classes; }
const std::string& Dataset::name() const { return storage().info.name; }
const std::vector<std::string>& Dataset::class_names() const { return storage().info.class_names; }

std::string Dataset::class_name(std::size_t index) const {
  if (index >= classes())
    fail_usage("dataset", '"', name(), "\": class ", index, " of ", classes(), '.');
  return class_names().empty() ? std::to_string(index) : class_names()[index];
}

Label Dataset::label(std::size_t index) const {
  check(index);
  return storage_->labels[stored(index)];
}

Tensor Dataset::sample(std::size_t index) const {
  check(index);
  Tensor result = uninitialized(storage_->sample_shape);
  storage_->write(stored(index), result.data());
  return result;
}

void Dataset::gather(std::span<const std::uint32_t> rows, Batch& into) const {
  check(rows);
  const Shape shape = {rows.size(), features()};
  SharedTensor& images = into.images;
  if (!images || !images.unique() || images->shape() != shape) {
    images = SharedTensor();  // free the block first, so that the next line can reuse it
    images = uninitialized(shape);
  }
  into.labels.resize(rows.size());
  copy(rows, images.mutate().data());
  copy_labels(rows, into.labels.data());
}

void Dataset::gather(std::span<const std::uint32_t> rows, std::span<Real> images,
                     std::span<Label> labels) const {
  check(rows);
  const std::size_t values = rows.size() * features();
  if (labels.size() != rows.size() || images.size() != values)
    fail_usage("dataset", '"', name(), "\": room for ", images.size(), " values and ",
               labels.size(), " labels, expected ", values, " and ", rows.size(), '.');
  copy(rows, images.data());
  copy_labels(rows, labels.data());
}

void Dataset::copy(std::span<const std::uint32_t> rows, Real* images) const {
  constexpr std::size_t ahead = 4;  // rows
  const Storage& from = *storage_;
  // elements for one thread; fewer from a file, as the read call of a row takes longer than the row
  const std::size_t at_once = std::size_t{1}
                              << (std::holds_alternative<FileBytes>(from.samples) ? 12 : 16);
  parallel_ranges(rows.size(), std::max<std::size_t>(1, at_once / from.features), [&](Range part) {
    for (std::size_t i = part.begin; i < std::min(part.begin + ahead, part.end); ++i)
      from.fetch(stored(rows[i]));
    for (std::size_t i = part.begin; i < part.end; ++i) {
      if (i + ahead < part.end) from.fetch(stored(rows[i + ahead]));
      from.write(stored(rows[i]), images + i * from.features);
    }
  });
}

void Dataset::copy_labels(std::span<const std::uint32_t> rows, Label* labels) const {
  for (std::size_t i = 0; i < rows.size(); ++i) labels[i] = storage_->labels[stored(rows[i])];
}

Dataset Dataset::subset(std::span<const std::uint32_t> rows) const {
  check(rows);
  auto chosen = std::make_shared<std::vector<std::uint32_t>>(rows.begin(), rows.end());
  for (std::uint32_t& row : *chosen) row = static_cast<std::uint32_t>(stored(row));
  Dataset result = *this;
  result.size_ = chosen->size();
  result.rows_ = std::move(chosen);
  return result;
}

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
