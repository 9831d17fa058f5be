// Matrix products: the only place that calls BLAS.
#pragma once

#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {

/// c = op(a)·op(b) + beta·c for matrices: [M,K]·[K,N] → [M,N]. op transposes if the flag after the
/// operand is set. With beta = 0, c is resized and its values are not read. Several threads share a
/// large product (core/parallel.h). Throws Error if the shapes don't fit; c must not be a or b.
void gemm(const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b, Real beta,
          Tensor& c);

/// The same on plain arrays: c (m,n) = op(a)·op(b) + beta·c, where op(a) is (m,k) and op(b) is
/// (k,n). lda, ldb and ldc are the distances between the rows of a, b and c in memory. Does not
/// check the arguments, except that it throws Error if a size is too large for CBLAS.
void raw_gemm(bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k,
              const Real* a, std::size_t lda, const Real* b, std::size_t ldb, Real beta, Real* c,
              std::size_t ldc);

/// Limits OpenBLAS (for the process) and OpenMP (for the calling thread) to one thread. Each
/// product calls it.
void use_one_thread();

/// The libraries that compute the products, for printing: "OpenBLAS 0.3.21" or "oneDNN 2.6.3 and
/// OpenBLAS 0.3.21".
std::string blas_name();
/// The kernels that OpenBLAS has chosen for this processor, such as "SkylakeX"; empty for another
/// library.
std::string blas_kernels();

}  // namespace reel::inline REEL_PRECISION
