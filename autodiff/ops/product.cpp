// Matrix products.
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/piecewise.h>
#include <reel/autodiff/ops/product.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/autodiff/ops/shape.h>
#include <reel/autodiff/tensor/gemm.h>

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
  const bool row = a.value().dimension() == 1, column = b.value().dimension() == 1;
  if (a.value().dimension() == 0 || b.value().dimension() == 0)
    fail_usage("matmul", "takes vectors, matrices and batches of matrices, got ",
               to_string(a.shape()), " and ", to_string(b.shape()), '.');
  const Var y = matmul(row ? reshape(a, {1, a.shape()[0]}) : a, false,
                       column ? reshape(b, {b.shape()[0], 1}) : b, false);
  if (!row && !column) return y;
  Shape shape(y.shape().begin(), y.shape().end() - 2);
  if (!row) shape.push_back(y.shape()[shape.size()]);
  if (!column) shape.push_back(y.shape().back());
  return reshape(y, shape);
}

Var dot(const Var& a, const Var& b) {
  if (a.value().dimension() != 1 || a.shape() != b.shape())
    fail_usage("dot", "takes two vectors of one size, got ", to_string(a.shape()), " and ",
               to_string(b.shape()), '.');
  return sum(a * b);
}

Var outer(const Var& a, const Var& b) {
  if (a.value().dimension() != 1 || b.value().dimension() != 1)
    fail_usage("outer", "takes two vectors, got ", to_string(a.shape()), " and ",
               to_string(b.shape()), '.');
  return matmul(reshape(a, {a.shape()[0], 1}), reshape(b, {1, b.shape()[0]}));
}

namespace {

void expect_affine(const char* operation, const Var& x, const Var& weight, const Var& bias) {
  if (x.value().dimension() != 2 || weight.value().dimension() != 2 ||
      x.shape()[1] != weight.shape()[1] || bias.shape() != Shape{weight.shape()[0]})
    fail_usage(operation, "takes x (batch,in), W (out,in) and b (out), got ", to_string(x.shape()),
               ", ", to_string(weight.shape()), " and ", to_string(bias.shape()), '.');
}

}  // namespace

Var affine(const Var& x, const Var& weight, const Var& bias) {  // ∂x = g·W, ∂W = gᵀ·x, ∂b = Σ g
  expect_affine("affine", x, weight, bias);
  SharedTensor y = SharedTensor::of_shape({x.shape()[0], weight.shape()[0]});
  gemm(x.value(), false, weight.value(), true, 0, y.mutate());
  add_row(y.mutate(), bias.value());
  return record("affine", {x, weight, bias}, std::move(y), [](auto& d, auto& g, auto in, auto&) {
    d.add_matmul(0, g, false, in[1], false);
    d.add_matmul(1, g, true, in[0], false);
    d.add(2, g);
  });
}

// With h = g·[y > 0]: ∂x = h·W, ∂W = hᵀ·x, ∂b = Σ h
Var affine_relu(const Var& x, const Var& weight, const Var& bias) {
  expect_affine("affine_relu", x, weight, bias);
  SharedTensor value = SharedTensor::of_shape({x.shape()[0], weight.shape()[0]});
  gemm(x.value(), false, weight.value(), true, 0, value.mutate());
  add_row_relu(value.mutate(), bias.value());
  return record("affine_relu", {x, weight, bias}, std::move(value),
                [](auto& d, auto& g, auto in, auto& y) {
                  const auto& h = d.materialise(masked(is_positive(y), g));
                  d.add_matmul(0, h, false, in[1], false);
                  d.add_matmul(1, h, true, in[0], false);
                  d.add(2, h);
                });
}

}  // namespace reel::inline REEL_PRECISION
