// LazyGradient: a gradient by a parameter, of which a matrix product may still be to compute.
#pragma once

#include <reel/autodiff/core/workers.h>
#include <reel/autodiff/shared_tensor.h>

namespace reel::inline REEL_PRECISION {

class ColumnProduct;

/// op(a)·op(b) of two matrices, where op transposes if the flag says so; or none. b may be some
/// samples of a ColumnProduct.
struct LazyProduct {
  SharedTensor a, b;
  bool transpose_a = false, transpose_b = false;
  ColumnProduct* columns = nullptr;  ///< instead of b
  Share samples = {0, 0};            ///< of these

  explicit operator bool() const noexcept { return static_cast<bool>(a); }
  /// Of the product, which must be there. Throws Error if these are no matrices that fit.
  Shape shape() const;
};

/// Where the numbers of a gradient are. Other threads read this instead of handles, whose lines of
/// the cache their owner is about to write.
struct GradientView {
  const Real* sum = nullptr;             ///< or null
  const LazyProduct* product = nullptr;  ///< or null

  explicit operator bool() const noexcept { return sum || product; }
  /// to = the elements `part` of it, in row-major order, or with `add` to += these. Of a product
  /// these are whole rows. Must not be empty.
  void compute(Share part, bool add, Real* to) const;
};

/// What a sweep leaves for one parameter: sum + product, where either may be missing; empty without
/// both. The gradient by a weight, gᵀ·x over a batch, has more numbers than g and x together if the
/// layer is wide; then it is better computed a few rows at a time by those who use them, while they
/// are in the cache, than as a whole by each who shares a batch.
struct LazyGradient {
  SharedTensor sum;
  LazyProduct product;

  LazyGradient() = default;
  LazyGradient(SharedTensor tensor) : sum(std::move(tensor)) {}  // NOLINT: implicit on purpose
  LazyGradient(SharedTensor tensor, LazyProduct factors)
      : sum(std::move(tensor)), product(std::move(factors)) {}

  explicit operator bool() const noexcept { return sum || product; }
  /// Throws Error if it is empty, or if sum and product have not the same.
  Shape shape() const;
  /// For as long as this lives and does not change.
  GradientView view() const noexcept {
    static constexpr Real nothing = 0;  // for a sum without elements, which has no address
    const Real* const numbers = !sum ? nullptr : sum->size() > 0 ? sum->data() : &nothing;
    return {numbers, product ? &product : nullptr};
  }
  void compute(Share part, bool add, Real* to) const { view().compute(part, add, to); }
};

}  // namespace reel::inline REEL_PRECISION
