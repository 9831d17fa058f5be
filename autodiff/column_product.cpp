// Products of columns, and sums of them.
#include <reel/autodiff/column_product.h>

#include <algorithm>

#include <reel/autodiff/core/collective.h>
#include <reel/autodiff/core/prefetch.h>
#include <reel/autodiff/ops.h>
#include <reel/autodiff/steps.h>
#include <reel/autodiff/stored_product.h>
#include <reel/autodiff/tape.h>

namespace reel::inline REEL_PRECISION {
namespace {

void copy_rows(const Real* from, std::size_t from_stride, std::size_t rows, std::size_t columns,
               Real* to, std::size_t to_stride) {
  for (std::size_t i = 0; i < rows; ++i)
    std::copy_n(from + i * from_stride, columns, to + i * to_stride);
}

}  // namespace

ColumnProduct::ColumnProduct(const Parameter& weight, std::size_t workers,
                             std::size_t largest_batch)
    : variable_(weight), weight_(variable_.shared()), shape_(weight.shape()), parts_(workers) {
  if (workers == 0 || shape().size() != 2 || shape()[1] / least_columns < workers)
    fail_usage("column_product", workers, " workers can't share out the columns of ",
               to_string(shape()), '.');
  const std::size_t out = shape()[0];
  gradient_ = uninitialized({largest_batch, out});
  for (std::size_t w = 0; w < workers; ++w) {
    Part& part = parts_[w];
    part.product = uninitialized({largest_batch, out});
    part.weight = uninitialized({out, columns(w).size()});
  }
}

ColumnProduct::~ColumnProduct() { give_back(); }

// If the product is faster where x is stored than from a copy, and W has fewer numbers than x and
// the product: then it is not W that should be shared out.
bool ColumnProduct::suits(const Parameter& weight, std::size_t workers, std::size_t batch) {
  const Shape& shape = weight.shape();
  if (workers == 0 || shape.size() != 2 || shape[0] > narrow_outputs ||
      shape[1] / least_columns < workers || shape[1] / workers > most_columns)
    return false;
  const auto out = static_cast<double>(shape[0]), in = static_cast<double>(shape[1]);
  return out * in <= static_cast<double>(batch) * (out + in);
}

// Whole lines of the cache, so that no two workers write to one of W.
Share ColumnProduct::columns(std::size_t worker) const noexcept {
  return share_of(shape()[1], worker, workers(), least_columns);
}

bool ColumnProduct::knows_weight(std::size_t worker) const noexcept {
  const Part& part = parts_[worker];
  return part.known && part.version == weight_.version();
}

void ColumnProduct::multiply(std::size_t worker) {
  Part& part = parts_[worker];
  const Share own = columns(worker);
  const std::size_t out = shape()[0], in = shape()[1], largest = gradient_.shape()[0];
  if (part.x.size() > largest)
    fail_usage("column_product", part.x.size(), " samples, expected at most ", largest, '.');
  if (!knows_weight(worker)) {
    if (weight_->shape() != shape_)
      fail_usage("column_product", "the weight had shape ", to_string(shape_), ", now ",
                 to_string(weight_->shape()), '.');
    copy_rows(weight_->data() + own.begin, in, out, own.size(), part.weight.data(), own.size());
    part.version = weight_.version();
    part.known = true;
  }
  stored_product(part.x, own, part.weight.data(), out, part.product.data());
}

void ColumnProduct::rows(std::size_t worker, Share samples, Real* to) const {
  const std::size_t first = samples.begin * shape()[0], count = samples.size() * shape()[0];
  if (workers() == 1) return void(std::copy_n(parts_[0].product.data() + first, count, to));
  std::fill_n(to, count, Real(0));
  const Collective::Offer mine{this, parts_[worker].product.data()};
  for (const auto& theirs : Collective::Member::current()->exchange(mine)) {
    const Real* const from = static_cast<const Real*>(theirs.from) + first;
    prefetch(from, count * sizeof(Real));
    for (std::size_t i = 0; i < count; ++i) to[i] += from[i];
  }
}

Tensor ColumnProduct::whole(Share samples) const {
  Tensor x = uninitialized({samples.size(), shape()[1]});
  for (std::size_t i = 0; i < samples.size(); ++i)
    parts_[0].x.copy(samples.begin + i, {0, shape()[1]}, x.data() + i * shape()[1]);
  return x;
}

void ColumnProduct::set_gradient(Share samples, const Tensor& g) {
  std::copy_n(g.data(), g.size(), gradient_.data() + samples.begin * shape()[0]);
}

void ColumnProduct::gradient(std::size_t worker, Share rows, Real* to) const {
  const Part& part = parts_[worker];
  const std::size_t out = shape()[0];
  prefetch(gradient_.data(), part.x.size() * out * sizeof(Real));
  stored_gradient(part.x, columns(worker), gradient_.data() + rows.begin, out, rows.size(), to);
}

bool ColumnProduct::is_current() const noexcept {
  const Keeper* const keeper = weight_.notes().keeper.load(std::memory_order_relaxed);
  if (keeper && keeper != this) return false;
  for (std::size_t w = 0; w < workers(); ++w)
    if (!knows_weight(w)) return false;
  return true;
}

void ColumnProduct::begin_update() {
  weight_.mutate();
  weight_.notes().keeper.store(this, std::memory_order_release);
}

Real* ColumnProduct::own_weight(std::size_t worker) {
  parts_[worker].version = weight_.version();
  return parts_[worker].weight.data();
}

void ColumnProduct::give_back() noexcept {
  const std::lock_guard lock(giving_back_);
  auto& keeper = weight_.notes().keeper;
  if (keeper.load(std::memory_order_relaxed) != this) return;
  Real* const w = const_cast<Real*>(weight_->data());  // the numbers of this version
  for (std::size_t i = 0; i < workers(); ++i) {
    const Share own = columns(i);
    copy_rows(parts_[i].weight.data(), own.size(), shape()[0], own.size(), w + own.begin,
              shape()[1]);
  }
  keeper.store(nullptr, std::memory_order_release);
}

namespace {

SharedTensor product_of(const ColumnRows& x, const Parameter& bias) {
  const Shape shape = {x.samples.size(), x.product.shape()[0]};
  if (bias && bias.shape() != Shape{shape[1]})
    fail_usage("affine", "takes b (", shape[1], "), got ", to_string(bias.shape()), '.');
  SharedTensor product = SharedTensor::of_shape(shape);
  x.product.rows(x.worker, x.samples, product.mutate().data());
  return product;
}

}  // namespace

// y = x·Wᵀ + b, ∂W = gᵀ·x, ∂b = Σ g; with relu as in ops/product.cpp
Var affine(const ColumnRows& x, const Parameter& bias) {
  SharedTensor y = product_of(x, bias);
  if (!bias)
    return record("matmul", {x.product.weight()}, std::move(y), [x](auto& d, auto& g, auto, auto&) {
      d.add_column_product(0, g, x.product, x.samples);
    });
  add_row(y.mutate(), bias.value());
  return record("affine", {x.product.weight(), Var(bias)}, std::move(y),
                [x](auto& d, auto& g, auto, auto&) {
                  d.add_column_product(0, g, x.product, x.samples);
                  d.add(1, g);
                });
}

Var affine_relu(const ColumnRows& x, const Parameter& bias) {
  if (!bias) return reel::relu(affine(x, bias));
  SharedTensor value = product_of(x, bias);
  add_row_relu(value.mutate(), bias.value());
  return record("affine_relu", {x.product.weight(), Var(bias)}, std::move(value),
                [x](auto& d, auto& g, auto, auto& y) {
                  const auto& h = d.hold(gate(is_positive(y), g));
                  d.add_column_product(0, h, x.product, x.samples);
                  d.add(1, h);
                });
}

}  // namespace reel::inline REEL_PRECISION
