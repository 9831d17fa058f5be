// Matrix products: the one place that calls BLAS.
#pragma once

#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {

/// c = op(a)·op(b) + beta·c for matrices, where op transposes if the flag beside the operand is
/// set: [M,K]·[K,N] → [M,N]. With beta = 0, c is resized and its values are not read. Threads share
/// large products out (core/parallel.h). Throws Error if the shapes don't fit; c must be neither a
/// nor b.
void gemm(const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b, Real beta,
          Tensor& c);

/// The same on plain arrays: c (m,n) = op(a)·op(b) + beta·c, where op(a) is (m,k) and op(b) (k,n);
/// lda, ldb and ldc are how far apart the rows of a, b and c are in memory. Checks only that CBLAS
/// can count the sides, and throws Error if not.
void raw_gemm(bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k,
              const Real* a, std::size_t lda, const Real* b, std::size_t ldb, Real beta, Real* c,
              std::size_t ldc);

/// Sets OpenBLAS, for the process, and OpenMP, for the calling thread, to one thread; each product
/// does.
void use_one_thread();

/// The libraries that compute the products, for a program's banner: "OpenBLAS 0.3.21" or
/// "oneDNN 2.6.3 and OpenBLAS 0.3.21".
std::string blas_name();

}  // namespace reel::inline REEL_PRECISION
