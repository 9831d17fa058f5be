// The parts of a data set, their checks, and gathering batches from them.
#include <reel/data/dataset.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <variant>
#include <vector>

#include <reel/data/samples.h>

namespace reel::inline REEL_PRECISION {
namespace data {

namespace {

using enum Error::Kind;

}

struct Dataset::Storage {
  using Numbers = std::shared_ptr<const Samples>;

  Numbers inputs;
  std::variant<std::monostate, Labels, Numbers> targets;  // `inputs` itself: to be encoded
  DatasetInfo info;

  const Labels* labels() const { return std::get_if<Labels>(&targets); }
  const Numbers* numbers() const { return std::get_if<Numbers>(&targets); }

  void set_labels(std::span<const Label> labels);
};

namespace {

// Checks that a data set can have n samples of this shape.
void check_samples(const std::string& name, std::size_t n, const Shape& shape) {
  if (n == 0) fail(input, "dataset", '"', name, "\" has no samples.");
  if (n > std::numeric_limits<std::uint32_t>::max())
    fail(input, "dataset", '"', name, "\" has ", n, " samples, at most 2^32 − 1 are possible.");
  if (element_count(shape) == 0)
    fail(input, "dataset", '"', name, "\" has samples of shape ", to_string(shape),
         ", without a single value.");
}

std::shared_ptr<const Samples> samples(Tensor numbers, const std::string& name, const char* what) {
  if (numbers.dimension() == 0)
    fail_usage("dataset", '"', name, "\": the ", what, " are one number, expected shape (n, …).");
  auto made = std::make_shared<const Samples>(std::move(numbers));
  check_samples(name, made->count(), made->shape());
  return made;
}

// A tensor of this shape that has no other handle; the old one if it is such a tensor.
Real* room_for(SharedTensor& tensor, const Shape& shape) {
  if (!tensor || !tensor.unique() || tensor->shape() != shape) {
    tensor = SharedTensor();  // free the block first, so that the next line can reuse it
    tensor = uninitialized(shape);
  }
  return tensor.mutate().data();
}

}  // namespace

double Batch::weight() const {
  return weights ? std::accumulate(weights->begin(), weights->end(), 0.0)
                 : static_cast<double>(size());
}

void Dataset::Storage::set_labels(std::span<const Label> labels) {
  const std::size_t n = inputs->count();
  if (labels.size() != n)
    fail(input, "dataset", '"', info.name, "\" has ", n, " samples but ", labels.size(),
         " labels.");
  if (info.classes == 0) info.classes = info.class_names.size();
  if (!info.class_names.empty() && info.class_names.size() != info.classes)
    fail_usage("dataset", '"', info.name, "\" has ", info.classes, " classes but ",
               info.class_names.size(), " class names.");
  const bool open = info.classes == 0;
  for (std::size_t i = 0; i < n; ++i) {
    const Label label = labels[i];
    if (label < 0)
      fail(input, "dataset", '"', info.name, "\": label ", label, " at index ", i, " is negative.");
    const auto needed = static_cast<std::size_t>(label) + 1;
    if (open)
      info.classes = std::max(info.classes, needed);
    else if (needed > info.classes)
      fail(input, "dataset", '"', info.name, "\": label ", label, " at index ", i,
           ", expected 0 to ", info.classes - 1, '.');
  }
  targets = Labels(labels.begin(), labels.end());
}

Dataset::Dataset(std::shared_ptr<const Storage> storage)
    : storage_(std::move(storage)), size_(storage_->inputs->count()) {}

Dataset::Dataset(Tensor inputs, DatasetInfo info) {
  if (info.classes != 0 || !info.class_names.empty())
    fail_usage("dataset", '"', info.name, "\" has classes but no labels.");
  auto made = samples(std::move(inputs), info.name, "inputs");
  *this = Dataset(std::make_shared<const Storage>(Storage{made, {}, std::move(info)}));
}

Dataset::Dataset(Tensor inputs, Tensor targets, DatasetInfo info)
    : Dataset(std::move(inputs), std::move(info)) {
  Storage storage = *storage_;
  const auto made = samples(std::move(targets), name(), "targets");
  if (made->count() != size_)
    fail(input, "dataset", '"', name(), "\" has ", size_, " samples but ", made->count(),
         " targets.");
  storage.targets = made;
  storage_ = std::make_shared<const Storage>(std::move(storage));
}

Dataset::Dataset(Tensor inputs, std::span<const Label> labels, DatasetInfo info) {
  auto made = samples(std::move(inputs), info.name, "inputs");
  Storage storage{made, {}, std::move(info)};
  storage.set_labels(labels);
  *this = Dataset(std::make_shared<const Storage>(std::move(storage)));
}

Dataset::Dataset(Tensor inputs, std::initializer_list<Label> labels, DatasetInfo info)
    : Dataset(std::move(inputs), std::span(labels.begin(), labels.size()), std::move(info)) {}

template <class Bytes>
Dataset Dataset::from_any_bytes(Bytes bytes, const Shape& sample_shape,
                                std::span<const Label> labels, DatasetInfo info, double scale) {
  if (!std::isfinite(scale) || scale == 0)
    fail_usage("dataset", "scale ", scale, ", expected a finite number other than 0.");
  const std::size_t features = element_count(sample_shape);
  if (features != 0 && bytes.size() % features != 0)
    fail(input, "dataset", '"', info.name, "\": ", bytes.size(),
         " bytes are not a multiple of a sample of shape ", to_string(sample_shape), '.');
  check_samples(info.name, features == 0 ? labels.size() : bytes.size() / features, sample_shape);
  Storage storage{
      std::make_shared<const Samples>(std::move(bytes), sample_shape, scale), {}, std::move(info)};
  storage.set_labels(labels);
  return Dataset(std::make_shared<const Storage>(std::move(storage)));
}

Dataset Dataset::from_bytes(SharedBytes bytes, const Shape& sample_shape,
                            std::span<const Label> labels, DatasetInfo info, double scale) {
  return from_any_bytes(std::move(bytes), sample_shape, labels, std::move(info), scale);
}

Dataset Dataset::from_bytes(FileBytes bytes, const Shape& sample_shape,
                            std::span<const Label> labels, DatasetInfo info, double scale) {
  return from_any_bytes(std::move(bytes), sample_shape, labels, std::move(info), scale);
}

Dataset Dataset::autoencoding() const {
  DatasetInfo info{.name = name()};
  Dataset result = *this;
  result.storage_ =
      std::make_shared<const Storage>(Storage{storage_->inputs, storage_->inputs, std::move(info)});
  return result;
}

Dataset Dataset::weighted(Tensor weights) const {
  if (weights.shape() != Shape{size_})
    fail_usage("dataset", '"', name(), "\": weights ", to_string(weights.shape()), " for ", size_,
               " samples, expected (", size_, ").");
  bool any = false;
  for (std::size_t i = 0; i < size_; ++i) {
    if (!(weights.data()[i] >= 0 && std::isfinite(weights.data()[i])))
      fail(input, "dataset", '"', name(), "\": weight ", weights.data()[i], " at index ", i,
           ", expected finite and ≥ 0.");
    any |= weights.data()[i] > 0;
  }
  if (!any) fail(input, "dataset", '"', name(), "\": all weights are 0.");
  Dataset result = *this;
  result.weights_ = std::move(weights);
  return result;
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

std::size_t Dataset::features() const { return storage().inputs->features(); }
const Shape& Dataset::sample_shape() const { return storage().inputs->shape(); }
std::size_t Dataset::classes() const { return storage().labels() ? storage().info.classes : 0; }
const std::string& Dataset::name() const { return storage().info.name; }
const std::vector<std::string>& Dataset::class_names() const { return storage().info.class_names; }

std::size_t Dataset::outputs() const {
  return storage().numbers() ? (*storage().numbers())->features() : classes();
}

std::string Dataset::class_name(std::size_t index) const {
  if (index >= classes())
    fail_usage("dataset", '"', name(), "\": class ", index, " of ", classes(), '.');
  return class_names().empty() ? std::to_string(index) : class_names()[index];
}

Tensor Dataset::sample(std::size_t index) const {
  check(index);
  Tensor result = uninitialized(sample_shape());
  storage_->inputs->write(stored(index), result.data());
  return result;
}

Label Dataset::label(std::size_t index) const {
  check(index);
  if (!storage_->labels())
    fail_usage("dataset", '"', name(), "\" has no labels, because its targets are not classes.");
  return (*storage_->labels())[stored(index)];
}

Tensor Dataset::target(std::size_t index) const {
  check(index);
  if (!storage_->numbers()) fail_usage("dataset", '"', name(), "\": its targets are not numbers.");
  const Samples& targets = **storage_->numbers();
  Tensor result = uninitialized(targets.shape());
  targets.write(stored(index), result.data());
  return result;
}

Real Dataset::weight(std::size_t index) const {
  check(index);
  return weights_ ? weights_->data()[index] : Real(1);
}

void Dataset::gather(std::span<const std::uint32_t> rows, Batch& into) const {
  check(rows);
  const auto& [inputs, targets, info] = *storage_;
  if (into.targets.identity() == into.inputs.identity()) into.targets = SharedTensor();
  inputs->copy(rows, stored(), room_for(into.inputs, {rows.size(), inputs->features()}));
  into.labels.resize(storage_->labels() ? rows.size() : 0);
  if (storage_->labels()) copy_labels(rows, into.labels.data());
  if (const Storage::Numbers* numbers = storage_->numbers(); !numbers)
    into.targets = SharedTensor();
  else if (*numbers == inputs)
    into.targets = into.inputs;
  else
    (*numbers)->copy(rows, stored(), room_for(into.targets, {rows.size(), (*numbers)->features()}));
  if (weights_) {
    Real* const to = room_for(into.weights, {rows.size()});
    for (std::size_t i = 0; i < rows.size(); ++i) to[i] = weights_->data()[rows[i]];
  } else {
    into.weights = SharedTensor();
  }
}

void Dataset::gather(std::span<const std::uint32_t> rows, std::span<Real> inputs,
                     std::span<Label> labels) const {
  check(rows);
  const std::size_t values = rows.size() * features();
  if (labels.size() != rows.size() || inputs.size() != values)
    fail_usage("dataset", '"', name(), "\": room for ", inputs.size(), " values and ",
               labels.size(), " labels, expected ", values, " and ", rows.size(), '.');
  static_cast<void>(label(rows[0]));  // throws unless the targets are classes
  storage_->inputs->copy(rows, stored(), inputs.data());
  copy_labels(rows, labels.data());
}

void Dataset::copy_labels(std::span<const std::uint32_t> rows, Label* to) const {
  const Labels& labels = *storage_->labels();
  for (std::size_t i = 0; i < rows.size(); ++i) to[i] = labels[stored(rows[i])];
}

Batch Dataset::all() const {
  std::vector<std::uint32_t> rows(size_);
  std::iota(rows.begin(), rows.end(), std::uint32_t{0});
  Batch batch;
  if (storage_) gather(rows, batch);
  return batch;
}

std::size_t Dataset::source_row(std::size_t row) const {
  check(row);
  return stored(row);
}

Dataset Dataset::subset(std::span<const std::uint32_t> rows) const {
  check(rows);
  auto chosen = std::make_shared<std::vector<std::uint32_t>>(rows.begin(), rows.end());
  for (std::uint32_t& row : *chosen) row = static_cast<std::uint32_t>(stored(row));
  Dataset result = *this;
  if (weights_) {
    Tensor weights = uninitialized({rows.size()});
    for (std::size_t i = 0; i < rows.size(); ++i) weights.data()[i] = weights_->data()[rows[i]];
    result.weights_ = std::move(weights);
  }
  result.size_ = chosen->size();
  result.rows_ = std::move(chosen);
  return result;
}

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
