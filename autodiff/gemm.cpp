// Matrix products by oneDNN (single precision, where it was found) or by CBLAS; those of a single
// row, and small ones that OpenBLAS has kernels for, by CBLAS.
#include <reel/autodiff/gemm.h>

#include <algorithm>
#include <mutex>
#include <xtensor/xstorage.hpp>

#include <cblas.h>
#if defined(REEL_WITH_ONEDNN) && !defined(REEL_F64)
#include <dnnl.h>
#define REEL_GEMM_ONEDNN 1
#endif

#include <reel/autodiff/core/workers.h>
#include <reel/autodiff/transpose.h>

// Present when the library behind CBLAS is OpenBLAS, or when the process has an OpenMP run-time.
extern "C" {
[[gnu::weak]] void openblas_set_num_threads(int threads);
[[gnu::weak]] char* openblas_get_config();
[[gnu::weak]] char* openblas_get_corename();
[[gnu::weak]] void omp_set_num_threads(int threads);
}

namespace reel::inline REEL_PRECISION {

// On the shapes of an MLP's step, threads inside a product cost more than they bring. The OpenMP
// setting is per thread, so each thread that multiplies says it once.
void use_one_thread() {
  thread_local const bool done = [] {
    static std::once_flag once;
    std::call_once(once, [] {
      if (openblas_set_num_threads) openblas_set_num_threads(1);
    });
    if (omp_set_num_threads) omp_set_num_threads(1);
    return true;
  }();
  static_cast<void>(done);
}

namespace {

void product_by_cblas(bool ta, bool tb, std::size_t m, std::size_t n, std::size_t k, const Real* a,
                      std::size_t lda, const Real* b, std::size_t ldb, Real beta, Real* c,
                      std::size_t ldc) {
  const auto size = [](std::size_t x) { return static_cast<blasint>(x); };
  const auto flag = [](bool transpose) { return transpose ? CblasTrans : CblasNoTrans; };
#ifdef REEL_F64
  constexpr auto run = cblas_dgemm;
#else
  constexpr auto run = cblas_sgemm;
#endif
  run(CblasRowMajor, flag(ta), flag(tb), size(m), size(n), size(k), 1, a, size(lda), b, size(ldb),
      beta, c, size(ldc));
}

// c (1,n) = a·op(b) + beta·c
void vector_product(bool tb, std::size_t n, std::size_t k, const Real* a, std::size_t stride,
                    const Real* b, std::size_t ldb, Real beta, Real* c) {
  const auto size = [](std::size_t x) { return static_cast<blasint>(x); };
#ifdef REEL_F64
  constexpr auto run = cblas_dgemv;
#else
  constexpr auto run = cblas_sgemv;
#endif
  run(CblasRowMajor, tb ? CblasNoTrans : CblasTrans, size(tb ? n : k), size(tb ? k : n), 1, b,
      size(ldb), a, size(stride), beta, c, 1);
}

#ifdef REEL_GEMM_ONEDNN
void product_by_onednn(bool ta, bool tb, std::size_t m, std::size_t n, std::size_t k, const Real* a,
                       std::size_t lda, const Real* b, std::size_t ldb, Real beta, Real* c,
                       std::size_t ldc) {
  const auto size = [](std::size_t x) { return static_cast<dnnl_dim_t>(x); };
  const dnnl_status_t status = dnnl_sgemm(ta ? 'T' : 'N', tb ? 'T' : 'N', size(m), size(n), size(k),
                                          1, a, size(lda), b, size(ldb), beta, c, size(ldc));
  if (status != dnnl_success)
    fail(Error::Kind::failure, "matmul", "oneDNN refused a product, status ", int{status}, '.');
}

// Where OpenBLAS has kernels for AVX-512 it multiplies small matrices without packing them first.
bool openblas_has_small_kernels() {
  static const bool has = [] {
    if (!openblas_get_corename) return false;
    const std::string core = openblas_get_corename();
    return core == "SkylakeX" || core == "Cooperlake" || core == "SapphireRapids";
  }();
  return has;
}

// So few products that packing would be the larger part.
constexpr std::size_t few = 1 << 18;
// x·Wᵀ is summed by 16 along k, which is no gain if there are less than two times 16.
constexpr std::size_t least_inner = 32;

// Whether it does so, in the bounds that 0.3.21 shows, and is faster: x·Wᵀ takes four fifths of
// oneDNN's time, other products only if few. Its usual way is left alone: where memory is limited
// it waits for its buffers for ever (until 0.3.31).
bool is_small(bool ta, bool tb, std::size_t m, std::size_t n, std::size_t k) {
  constexpr std::size_t most = 1'000'000, largest_c = 1200;
  if (tb) return !ta && k >= least_inner && m * n <= largest_c && m * n * k <= most;
  return m * n * k <= (ta ? 3 * few : few);
}

// c (m,n) = op(a)·bᵀ + beta·c as a product with the transposed bᵀ
void small_product_with_transposed(bool ta, std::size_t m, std::size_t n, std::size_t k,
                                   const Real* a, std::size_t lda, const Real* b, std::size_t ldb,
                                   Real beta, Real* c, std::size_t ldc) {
  xt::uvector<Real, memory::Allocator<Real>> transposed(k * n);
  raw_transpose(b, ldb, n, k, transposed.data(), n);
  product_by_cblas(ta, false, m, n, k, a, lda, transposed.data(), n, beta, c, ldc);
}

// c (m,n) = a·op(b) as (op(b)ᵀ·aᵀ)ᵀ, some rows of a at a time
void product_of_transposes(bool tb, std::size_t m, std::size_t n, std::size_t k, const Real* a,
                           std::size_t lda, const Real* b, std::size_t ldb, Real* c,
                           std::size_t ldc, std::size_t rows_at_once) {
  const std::size_t blocks = (m + rows_at_once - 1) / rows_at_once;
  xt::uvector<Real, memory::Allocator<Real>> transposed(n * std::min(m, rows_at_once));
  for (std::size_t i = 0; i < blocks; ++i) {
    const Share part = share_of(m, i, blocks);
    product_by_onednn(!tb, true, n, part.size(), k, b, ldb, a + part.begin * lda, lda, 0,
                      transposed.data(), part.size());
    raw_transpose(transposed.data(), part.size(), n, part.size(), c + part.begin * ldc, ldc);
  }
}

// oneDNN's kernels are faster with the operands in turn where c has many rows and few columns, as
// the scores of a classifier (two thirds of the time, in blocks of this many rows), and for x·Wᵀ of
// few samples x with many features (by 5 to 20 %).
constexpr std::size_t narrow_columns = 12, narrow_rows = 56, many_features = 6;  // a sample
#endif

}  // namespace

void raw_gemm(bool ta, bool tb, std::size_t m, std::size_t n, std::size_t k, const Real* a,
              std::size_t lda, const Real* b, std::size_t ldb, Real beta, Real* c,
              std::size_t ldc) {
  use_one_thread();
  if (m == 1) return vector_product(tb, n, k, a, ta ? lda : 1, b, ldb, beta, c);
#ifdef REEL_GEMM_ONEDNN
  if (openblas_has_small_kernels()) {
    if (is_small(ta, tb, m, n, k))
      return product_by_cblas(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc);
    if (tb && k < least_inner && is_small(ta, false, m, n, k))
      return small_product_with_transposed(ta, m, n, k, a, lda, b, ldb, beta, c, ldc);
  }
  if (!ta && beta == 0) {
    if (n <= narrow_columns && m > n && k > n)
      return product_of_transposes(tb, m, n, k, a, lda, b, ldb, c, ldc, narrow_rows);
    if (tb && n > narrow_columns && k >= many_features * m)
      return product_of_transposes(tb, m, n, k, a, lda, b, ldb, c, ldc, m);
  }
  product_by_onednn(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc);
#else
  product_by_cblas(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc);
#endif
}

void gemm(const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b, Real beta,
          Tensor& c) {
  if (a.dimension() != 2 || b.dimension() != 2)
    fail_usage("matmul", "takes matrices, got ", to_string(a.shape()), " and ",
               to_string(b.shape()), '.');
  const std::size_t m = a.shape()[transpose_a], k = a.shape()[!transpose_a];
  const std::size_t n = b.shape()[!transpose_b], inner = b.shape()[transpose_b];
  if (k != inner) {
    const auto show = [](const Tensor& t, bool transposed) {
      return to_string(t.shape()) + (transposed ? "ᵀ" : "");
    };
    const bool mirrored = k == n;
    fail_usage("matmul", "inner dimensions differ: ", show(a, transpose_a), " × ",
               show(b, transpose_b), '.', mirrored ? " Hint: transpose the right operand." : "");
  }
  element_count({m, n});  // throws if there are too many
  if (beta == 0)
    c.resize(Shape{m, n});
  else if (c.shape() != Shape{m, n})
    fail_usage("matmul", "adds ", to_string(Shape{m, n}), " to ", to_string(c.shape()), '.');
  if (m == 0 || n == 0) return;
  if (k == 0) {
    for (Real& x : c.storage()) x = beta == 0 ? Real(0) : beta * x;
    return;
  }
  raw_gemm(transpose_a, transpose_b, m, n, k, a.data(), a.shape()[1], b.data(), b.shape()[1], beta,
           c.data(), n);
}

std::string blas_name() {
  std::string name = "CBLAS";
  if (openblas_get_config) {
    const std::string config = openblas_get_config();  // "OpenBLAS 0.3.21 NO_AFFINITY …"
    name = config.substr(0, config.find(' ', config.find(' ') + 1));
  }
#ifdef REEL_GEMM_ONEDNN
  const dnnl_version_t* version = dnnl_version();
  const std::string onednn =
      concat("oneDNN ", version->major, '.', version->minor, '.', version->patch);
  return openblas_has_small_kernels() ? concat(onednn, " and ", name) : onednn;
#else
  return name;
#endif
}

}  // namespace reel::inline REEL_PRECISION
