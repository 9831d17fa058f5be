// Matrix products by oneDNN's matmul primitive, if its kernels leave the stack pointer alone.
#pragma once

#include <cstddef>
#include <string>

#include <reel/autodiff/core/real.h>

namespace reel::inline REEL_PRECISION {

/// The same product as raw_gemm's, for beta = 0 or 1. Returns false, and does nothing, if oneDNN
/// has no safe kernel for the shape (see the source file).
bool onednn_product(bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k,
                    const Real* a, std::size_t lda, const Real* b, std::size_t ldb, bool add,
                    Real* c, std::size_t ldc);

/// "oneDNN 2.6.3"; empty if oneDNN has no safe kernel for this processor.
std::string onednn_name();

}  // namespace reel::inline REEL_PRECISION
