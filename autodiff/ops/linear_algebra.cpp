// Linear algebra of one matrix. All rules except Cholesky's: Giles, Collected matrix derivative
// results for forward and reverse mode algorithmic differentiation, 2008.
#include <reel/autodiff/tensor/linear_algebra.h>

#include <algorithm>
#include <utility>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/linear_algebra.h>
#include <reel/autodiff/ops/product.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/autodiff/ops/shape.h>
#include <reel/autodiff/ops/slices.h>

namespace reel::inline REEL_PRECISION {
namespace {

// A vector (n) as (n, 1).
template <class T>
T as_matrix(const T& x) {
  return x.shape().size() == 1 ? reel::reshape(x, {x.shape()[0], 1}) : x;
}

// Φ (n, n): 1 below the diagonal, ½ on it, 0 above.
Tensor half_lower(std::size_t n) {
  Tensor phi = zeros({n, n});
  for (std::size_t i = 0; i < n; ++i) {
    std::fill_n(&phi(i, 0), i, Real(1));
    phi(i, i) = Real(0.5);
  }
  return phi;
}

Var diagonal_of(const char* operation, const Var& x) {
  if (x.value().dimension() != 2)
    fail_usage(operation, "takes a matrix, got ", to_string(x.shape()), '.');
  const std::size_t n = x.shape()[0], m = x.shape()[1];
  return slice(reshape(x, {n * m}), 0, 0, std::min(std::min(n, m) * (m + 1), n * m), m + 1);
}

}  // namespace

Var diagonal(const Var& x) { return diagonal_of("diagonal", x); }

Var trace(const Var& x) { return sum(diagonal_of("trace", x)); }

Var inverse(const Var& x) {  // ∂X = −Yᵀ·g·Yᵀ
  return record("inverse", {x}, reel::inverse(x.value()), [](auto& d, auto& g, auto, auto& y) {
    d.add(0, -reel::matmul(reel::matmul(y, true, g, false), false, y, true));
  });
}

Var solve(const Var& a, const Var& b) {  // A·X = B: ∂B = A⁻ᵀ·g, ∂A = −∂B·Xᵀ
  return record("solve", {a, b}, reel::solve(a.value(), b.value()),
                [](auto& d, auto& g, auto in, auto& x) {
                  auto by_b = reel::solve(reel::transpose(in[0]), g);
                  if (d.wants(0))
                    d.add(0, -reel::matmul(as_matrix(by_b), false, as_matrix(x), true));
                  d.add(1, std::move(by_b));
                });
}

Var determinant(const Var& x) {  // ∂X = g·y·X⁻ᵀ
  return record("determinant", {x}, reel::determinant(x.value()),
                [](auto& d, auto& g, auto in, auto& y) {
                  d.add(0, d.factor(g) * d.factor(y) * reel::transpose(reel::inverse(in[0])));
                });
}

Var log_determinant(const Var& x) {  // ∂X = g·X⁻ᵀ
  return record("log_determinant", {x}, reel::log_determinant(x.value()),
                [](auto& d, auto& g, auto in, auto&) {
                  d.add(0, d.factor(g) * reel::transpose(reel::inverse(in[0])));
                });
}

// ∂X = ½(S + Sᵀ), S = L⁻ᵀ·(Φ∘(Lᵀ·g))·L⁻¹: Murray, Differentiation of the Cholesky decomposition,
// 2016, eq. 10, made symmetric.
Var cholesky(const Var& x) {
  return record("cholesky", {x}, reel::cholesky(x.value()), [](auto& d, auto& g, auto, auto& l) {
    const auto lt = reel::transpose(l);
    const auto half = reel::solve(lt, half_lower(l.shape()[0]) * reel::matmul(lt, g));
    const auto s = reel::solve(lt, reel::transpose(half));
    d.add(0, Real(0.5) * (s + reel::transpose(s)));
  });
}

}  // namespace reel::inline REEL_PRECISION
