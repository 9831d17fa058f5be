// Matrix products by oneDNN (single precision, where it was found) or by CBLAS.
#include <reel/autodiff/gemm.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include <cblas.h>
#if defined(REEL_WITH_ONEDNN) && !defined(REEL_F64)
#include <dnnl.h>
#define REEL_GEMM_ONEDNN 1
#endif

// Present when the library behind CBLAS is OpenBLAS, or when the process has an OpenMP run-time.
extern "C" {
[[gnu::weak]] void openblas_set_num_threads(int threads);
[[gnu::weak]] char* openblas_get_config();
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

void raw_gemm(bool ta, bool tb, std::size_t m, std::size_t n, std::size_t k, const Real* a,
              std::size_t lda, const Real* b, std::size_t ldb, Real beta, Real* c) {
  use_one_thread();
#ifdef REEL_GEMM_ONEDNN
  const auto size = [](std::size_t x) { return static_cast<dnnl_dim_t>(x); };
  const dnnl_status_t status = dnnl_sgemm(ta ? 'T' : 'N', tb ? 'T' : 'N', size(m), size(n), size(k),
                                          1, a, size(lda), b, size(ldb), beta, c, size(n));
  if (status != dnnl_success)
    fail(Error::Kind::failure, "matmul", "oneDNN refused a product, status ", int{status}, '.');
#else
  const auto size = [](std::size_t x) { return static_cast<blasint>(x); };
  const auto flag = [](bool transpose) { return transpose ? CblasTrans : CblasNoTrans; };
#ifdef REEL_F64
  constexpr auto run = cblas_dgemm;
#else
  constexpr auto run = cblas_sgemm;
#endif
  run(CblasRowMajor, flag(ta), flag(tb), size(m), size(n), size(k), 1, a, size(lda), b, size(ldb),
      beta, c, size(n));
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
           c.data());
}

std::string blas_name() {
#ifdef REEL_GEMM_ONEDNN
  const dnnl_version_t* version = dnnl_version();
  return concat("oneDNN ", version->major, '.', version->minor, '.', version->patch);
#else
  if (!openblas_get_config) return "CBLAS";
  const std::string config = openblas_get_config();  // "OpenBLAS 0.3.21 NO_AFFINITY …"
  return config.substr(0, config.find(' ', config.find(' ') + 1));
#endif
}

}  // namespace reel::inline REEL_PRECISION
