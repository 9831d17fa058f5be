// ColumnProduct: a batch times a narrow weight, which threads share out by columns.
#pragma once

#include <mutex>
#include <vector>

#include <reel/autodiff/core/stored_rows.h>
#include <reel/autodiff/core/workers.h>
#include <reel/autodiff/var.h>

namespace reel::inline REEL_PRECISION {

/// x·Wᵀ, for a batch x (samples, in) that workers share and a parameter W (out, in). Each worker
/// multiplies some columns of x, for the samples of all, where they are stored, by the same columns
/// of W, which it alone updates (see Optimizer); the product is the sum of what all have. So what
/// goes from core to core are products, of which a narrow layer has few, and neither W nor its
/// gradient, and nobody copies x.
///
/// W's numbers are with the workers from the first update on, until somebody asks the parameter for
/// them or this ends. Until then a variable or a reference that was made of it before shows older
/// ones.
///
///     dataset.locate(batch, product.x(w));  // each worker
///     product.multiply(w);
///     … affine_relu({product, w, samples}, bias)  // of its samples, and so on, and back
///     … product.gradient(w, rows, g)              // when all are back
///     … product.own_weight(w)                     // is updated
class ColumnProduct final : SharedTensor::Keeper {
 public:
  /// For batches of at most so many samples. Throws Error for no workers, and if there are more
  /// than lines of the cache in a row of W.
  ColumnProduct(const Parameter& weight, std::size_t workers, std::size_t largest_batch);
  ~ColumnProduct();
  ColumnProduct(const ColumnProduct&) = delete;
  ColumnProduct& operator=(const ColumnProduct&) = delete;

  /// Whether that many workers can share out this weight, and if it is so narrow that they should.
  static bool suits(const Parameter& weight, std::size_t workers, std::size_t batch);

  const Shape& shape() const noexcept { return shape_; }  ///< (out, in), W's
  std::size_t workers() const noexcept { return parts_.size(); }
  /// Which columns a worker has.
  Share columns(std::size_t worker) const noexcept;
  /// What it multiplies: the rows of the batch, the same ones for all. They stay where they are
  /// until the step is over.
  StoredRows& x(std::size_t worker) noexcept { return parts_[worker].x; }
  /// Whether it has its columns of W as they are now. Else to multiply is to read W, and so for
  /// when nobody changes W.
  bool knows_weight(std::size_t worker) const noexcept;
  std::size_t samples() const noexcept { return parts_[0].x.size(); }
  /// Its part of the product. Throws Error for more samples than the largest batch, and if W has
  /// another shape now.
  void multiply(std::size_t worker);

  // ---- for when all have multiplied, until one of them asks for its x again

  /// to (samples, out) = some rows of the product. For members of a Collective with the numbers of
  /// the workers, all of which must ask. Throws what Collective::Member::exchange throws.
  void rows(std::size_t worker, Share samples, Real* to) const;
  /// All columns of some rows of x.
  Tensor whole(Share samples) const;
  /// Takes g (samples, out), the gradient by these rows of the product.
  void set_gradient(Share samples, const Tensor& g);
  /// to (rows, columns) = gᵀ·x: a worker's columns of some rows of the gradient by W, when all have
  /// set theirs.
  void gradient(std::size_t worker, Share rows, Real* to) const;

  // ---- for a step of all workers

  /// W as a variable, without asking for its numbers.
  const Var& weight() const noexcept { return variable_; }
  /// Whether W is as all have multiplied by it, so that they may change their columns of it.
  bool is_current() const noexcept;
  /// Before the first worker does.
  void begin_update();
  /// Then: a worker's columns of W, (out, columns), to be changed.
  Real* own_weight(std::size_t worker);
  /// Gives W its numbers, of all workers; by any thread, while no worker changes them.
  void give_back() noexcept override;

 private:
  struct alignas(64) Part {
    StoredRows x;
    Tensor product, weight;     // (samples, out), (out, columns)
    std::uint32_t version = 0;  // of W, that the columns are of
    bool known = false;         // whether they are
  };

  Var variable_;
  SharedTensor weight_;  // its
  Shape shape_;
  Tensor gradient_;  // (samples, out), by the product
  std::vector<Part> parts_;
  std::mutex giving_back_;
};

/// Some samples of such a product, as worker `worker` sees them: what a layer takes instead of x.
struct ColumnRows {
  ColumnProduct& product;
  std::size_t worker;
  Share samples;
};

/// As the operations of these names of x, W and b (out), where b may be empty, in the midst of a
/// step as a member of a Collective.
Var affine(const ColumnRows& x, const Parameter& bias);
Var affine_relu(const ColumnRows& x, const Parameter& bias);

}  // namespace reel::inline REEL_PRECISION
