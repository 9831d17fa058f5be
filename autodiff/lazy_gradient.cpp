// Rows of a gradient, from its parts.
#include <reel/autodiff/lazy_gradient.h>

#include <algorithm>

#include <reel/autodiff/gemm.h>

namespace reel::inline REEL_PRECISION {

Shape LazyProduct::shape() const { return {a->shape()[transpose_a], b->shape()[!transpose_b]}; }

Shape LazyGradient::shape() const {
  if (!*this) fail_usage("gradient", "is empty, and has no shape.");
  return sum ? sum->shape() : product.shape();
}

void LazyGradient::compute(Share part, bool add, Real* to) const {
  if (sum) {
    const Real* from = sum->data() + part.begin;
    if (add)
      for (std::size_t i = 0; i < part.size(); ++i) to[i] += from[i];
    else
      std::copy_n(from, part.size(), to);
  }
  if (!product) return;
  const Tensor &a = *product.a, &b = *product.b;
  const std::size_t k = a.shape()[!product.transpose_a], n = product.shape()[1];
  const std::size_t a_row = a.shape()[1], b_row = b.shape()[1];
  const Real* rows = a.data() + part.begin / n * (product.transpose_a ? 1 : a_row);
  raw_gemm(product.transpose_a, product.transpose_b, part.size() / n, n, k, rows, a_row, b.data(),
           b_row, add || sum, to);
}

}  // namespace reel::inline REEL_PRECISION
