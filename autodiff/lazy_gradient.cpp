// Rows of a gradient, from its parts.
#include <reel/autodiff/lazy_gradient.h>

#include <algorithm>

#include <reel/autodiff/column_product.h>
#include <reel/autodiff/gemm.h>

namespace reel::inline REEL_PRECISION {

Shape LazyProduct::shape() const {
  if (columns) return columns->shape();
  if (!b || a->dimension() != 2 || b->dimension() != 2 ||
      a->shape()[!transpose_a] != b->shape()[transpose_b])
    fail_usage("gradient", "a product of ", to_string(a->shape()), transpose_a ? "ᵀ" : "", " and ",
               b ? to_string(b->shape()) : "nothing", b && transpose_b ? "ᵀ" : "",
               " has no shape.");
  return {a->shape()[transpose_a], b->shape()[!transpose_b]};
}

Shape LazyGradient::shape() const {
  if (!*this) fail_usage("gradient", "is empty, and has no shape.");
  if (!product) return sum->shape();
  Shape shape = product.shape();
  if (sum && sum->shape() != shape)
    fail_usage("gradient", "a sum of shape ", to_string(sum->shape()), " and a product of ",
               to_string(shape), " don't add up.");
  return shape;
}

void GradientView::compute(Share part, bool add, Real* to) const {
  if (sum) {
    const Real* from = sum + part.begin;
    if (add)
      for (std::size_t i = 0; i < part.size(); ++i) to[i] += from[i];
    else
      std::copy_n(from, part.size(), to);
  }
  if (!product) return;
  const auto& [left, right, transpose_a, transpose_b, columns, samples] = *product;
  const SharedTensor whole = columns ? SharedTensor(columns->whole(samples)) : right.borrowed();
  const Tensor &a = *left, &b = *whole;
  const std::size_t k = a.shape()[!transpose_a], n = b.shape()[!transpose_b];
  const std::size_t a_row = a.shape()[1], b_row = b.shape()[1];
  if (k == 0) {
    if (!add && !sum) std::fill_n(to, part.size(), Real(0));
    return;
  }
  const Real* rows = a.data() + part.begin / n * (transpose_a ? 1 : a_row);
  raw_gemm(transpose_a, transpose_b, part.size() / n, n, k, rows, a_row, b.data(), b_row,
           add || sum, to, n);
}

}  // namespace reel::inline REEL_PRECISION
