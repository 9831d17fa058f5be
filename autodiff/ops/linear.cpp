// Matrix products.
#include <reel/autodiff/ops.h>
#include <reel/autodiff/tape.h>

namespace reel::inline REEL_PRECISION {

// y = op(a)·op(b): ∂op(a) = g·op(b)ᵀ, ∂op(b) = op(a)ᵀ·g
Var matmul(const Var& a, bool transpose_a, const Var& b, bool transpose_b) {
  return record("matmul", {a, b}, reel::matmul(a.value(), transpose_a, b.value(), transpose_b),
                [ta = transpose_a, tb = transpose_b](auto& d, auto& g, auto in, auto&) {
                  if (ta)
                    d.add_matmul(0, in[1], tb, g, true);
                  else
                    d.add_matmul(0, g, false, in[1], !tb);
                  if (tb)
                    d.add_matmul(1, g, true, in[0], ta);
                  else
                    d.add_matmul(1, in[0], !ta, g, false);
                });
}

Var matmul(const Var& a, const Var& b) {
  const std::size_t left = a.value().dimension(), right = b.value().dimension();
  if (left == 2 && right == 2) return matmul(a, false, b, false);
  if (left == 0 || right == 0 || left > 2 || right > 2)
    fail_usage("matmul", "takes vectors and matrices, got ", to_string(a.shape()), " and ",
               to_string(b.shape()), '.');
  const Var row = left == 2 ? a : reshape(a, {1, a.shape()[0]});
  const Var column = right == 2 ? b : reshape(b, {b.shape()[0], 1});
  const Var y = matmul(row, false, column, false);
  Shape shape;
  if (left == 2) shape.push_back(y.shape()[0]);
  if (right == 2) shape.push_back(y.shape()[1]);
  return reshape(y, shape);
}

Var affine(const Var& x, const Var& weight, const Var& bias) {  // ∂x = g·W, ∂W = gᵀ·x, ∂b = Σ g
  const Tensor& w = weight.value();
  const Tensor& b = bias.value();
  if (x.value().dimension() != 2 || w.dimension() != 2 || x.shape()[1] != w.shape()[1] ||
      b.shape() != Shape{w.shape()[0]})
    fail_usage("affine", "takes x (batch,in), W (out,in) and b (out), got ", to_string(x.shape()),
               ", ", to_string(w.shape()), " and ", to_string(b.shape()), '.');
  Tensor y = reel::matmul(x.value(), false, w, true);
  const std::size_t out = b.size();
  for (Real* row = y.data(); row != y.data() + y.size(); row += out)
    for (std::size_t j = 0; j < out; ++j) row[j] += b.data()[j];
  return record("affine", {x, weight, bias}, std::move(y), [](auto& d, auto& g, auto in, auto&) {
    d.add_matmul(0, g, false, in[1], false);
    d.add_matmul(1, g, true, in[0], false);
    d.add(2, g);
  });
}

}  // namespace reel::inline REEL_PRECISION
