// Linear algebra by LAPACK, through xtensor-blas.
#include <reel/autodiff/tensor/linear_algebra.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <xtensor-blas/xblas.hpp>  // xlapack.hpp needs it
#include <xtensor-blas/xlapack.hpp>
#include <xtensor/xadapt.hpp>

#include <reel/autodiff/tensor/gemm.h>
#include <reel/autodiff/tensor/kernels.h>

namespace reel::inline REEL_PRECISION {
namespace {

using Pivots = xt::uvector<xt::blas_index_t>;

// The n of a matrix (n, n).
std::size_t order_of(const Tensor& x, std::string_view where) {
  if (x.dimension() != 2 || x.shape()[0] != x.shape()[1])
    fail_usage(where, "takes a square matrix, got ", to_string(x.shape()), '.');
  return x.shape()[0];
}

[[noreturn]] void fail_singular(const Tensor& x, std::string_view where) {
  fail_usage(where, "the matrix ", to_string(x.shape()), " is singular.");
}

void check_finite(const Tensor& x, std::string_view where) {
  for (const Real element : x)
    if (!std::isfinite(element))
      fail_usage(where, "an element of ", to_string(x.shape()), " is not finite: ", element, '.');
}

// x in LAPACK's column order, in columns of n > 0 values: LAPACK sees the transpose of a matrix.
auto columns(Tensor& x, std::size_t n) {
  use_one_thread();
  return xt::adapt<xt::layout_type::column_major>(x.data(), x.size(), xt::no_ownership(),
                                                  std::array{n, x.size() / n});
}

// The diagonal of U in P·L·U = xᵀ, negated where P exchanges rows: the product of these is det x.
Tensor signed_pivots(const Tensor& x, std::string_view where) {
  const std::size_t n = order_of(x, where);
  Tensor factors = x, result = uninitialized({n});
  if (n == 0) return result;
  Pivots rows(n);
  auto a = columns(factors, n);
  xt::lapack::getrf(a, rows);
  for (std::size_t i = 0; i < n; ++i) {
    const bool exchanged = rows[i] != static_cast<xt::blas_index_t>(i + 1);
    result(i) = exchanged ? -factors(i, i) : factors(i, i);
  }
  return result;
}

}  // namespace

Tensor inverse(const Tensor& x) {
  const std::size_t n = order_of(x, "inverse");
  Tensor y = x;
  if (n == 0) return y;
  Pivots rows(n);
  auto a = columns(y, n);
  if (xt::lapack::getrf(a, rows) > 0 || xt::lapack::getri(a, rows) > 0) fail_singular(x, "inverse");
  return y;
}

Tensor solve(const Tensor& a, const Tensor& b) {
  const std::size_t n = order_of(a, "solve");
  if (b.dimension() == 0 || b.dimension() > 2 || b.shape()[0] != n)
    fail_usage("solve", "takes A (n,n) and b (n) or (n,m), got ", to_string(a.shape()), " and ",
               to_string(b.shape()), '.');
  if (b.size() == 0) return b;
  Tensor factors = reel::transpose(a), x = reel::transpose(b);
  auto left = columns(factors, n), right = columns(x, n);
  if (xt::lapack::gesv(left, right) > 0) fail_singular(a, "solve");
  return reel::transpose(x);
}

Tensor determinant(const Tensor& x) {
  Real y = 1;
  for (const Real pivot : signed_pivots(x, "determinant")) y *= pivot;
  return scalar(y);
}

Tensor log_determinant(const Tensor& x) {
  Real y = 0;
  for (const Real pivot : signed_pivots(x, "log_determinant")) {
    if (pivot == 0) fail_singular(x, "log_determinant");
    y += std::log(std::abs(pivot));
  }
  return scalar(y);
}

Tensor cholesky(const Tensor& x) {
  const std::size_t n = order_of(x, "cholesky");
  Tensor y = x;
  if (n == 0) return y;
  auto a = columns(y, n);
  if (xt::lapack::potr(a, 'U') > 0)  // the upper triangle by columns is the lower one by rows
    fail_usage("cholesky", "the matrix ", to_string(x.shape()), " is not positive definite.");
  for (std::size_t i = 0; i < n; ++i) std::fill(&y(i, i) + 1, y.data() + (i + 1) * n, Real(0));
  return y;
}

Eigen symmetric_eigen(const Tensor& x) {
  const std::size_t n = order_of(x, "symmetric_eigen");
  check_finite(x, "symmetric_eigen");
  Eigen result{uninitialized({n}), x};
  if (n == 0) return result;
  auto a = columns(result.vectors, n);
  // the upper triangle in column order is the lower one in row order
  if (xt::lapack::syevd(a, 'V', 'U', result.values) != 0)
    fail(Error::Kind::failure, "symmetric_eigen", "no convergence for ", to_string(x.shape()), '.');
  result.vectors = reel::transpose(result.vectors);
  return result;
}

Tensor solve_least_squares(const Tensor& a, const Tensor& b) {
  if (a.dimension() != 2 || b.dimension() != 1 || b.shape()[0] != a.shape()[0])
    fail_usage("solve_least_squares", "takes A (m,n) and b (m), got ", to_string(a.shape()),
               " and ", to_string(b.shape()), '.');
  const std::size_t m = a.shape()[0], n = a.shape()[1];
  check_finite(a, "solve_least_squares");
  check_finite(b, "solve_least_squares");
  if (a.size() == 0) return zeros({n});
  Tensor factors = reel::transpose(a), x = zeros({std::max(m, n)});
  std::copy(b.begin(), b.end(), x.data());
  Tensor singular = uninitialized({std::min(m, n)});
  auto left = columns(factors, m);
  xt::blas_index_t rank = 0;
  const double smallest = static_cast<double>(n) * std::numeric_limits<Real>::epsilon();
  if (xt::lapack::gelsd(left, x, singular, rank, smallest) != 0)
    fail(Error::Kind::failure, "solve_least_squares", "no convergence for ", to_string(a.shape()),
         '.');
  return reel::slice(x, 0, 0, n);
}

}  // namespace reel::inline REEL_PRECISION
