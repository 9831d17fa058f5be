// Matrix products by oneDNN or by CBLAS. oneDNN is used in single precision, if it is installed,
// has a safe kernel and is faster. Both leave the stack pointer alone, so signal handlers may run
// at any time.
#include <reel/autodiff/tensor/gemm.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <xtensor/xstorage.hpp>

#include <cblas.h>
#include <sys/mman.h>

#include <reel/autodiff/core/parallel.h>
#ifdef REEL_WITH_ONEDNN
#include <reel/autodiff/tensor/onednn_product.h>
#include <reel/autodiff/tensor/transpose.h>
#endif

// Defined only if the CBLAS library is OpenBLAS, or if the process has an OpenMP run-time.
extern "C" {
[[gnu::weak]] void openblas_set_num_threads(int threads);
[[gnu::weak]] char* openblas_get_config();
[[gnu::weak]] char* openblas_get_corename();
[[gnu::weak]] void omp_set_num_threads(int threads);
}

namespace reel::inline REEL_PRECISION {

// The libraries use one thread, because Reel's own threads share the tiles of a product. The OpenMP
// setting is per thread, so each thread that multiplies sets it once.
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

// Throws Error if there is no memory for the buffers of OpenBLAS. If the system refuses them,
// OpenBLAS before 0.3.31 repeats its request forever.
void expect_room_for_buffers() {
  thread_local const bool done = [] {
    constexpr std::size_t bytes = std::size_t{128} << 20;
    if (!openblas_get_config) return true;
    void* const room =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
      fail(Error::Kind::system, "matmul", "OpenBLAS needs ", bytes >> 20,
           " MB for its buffers, which do not fit into memory.");
    ::munmap(room, bytes);
    return true;
  }();
  static_cast<void>(done);
}

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

#ifdef REEL_WITH_ONEDNN
// If OpenBLAS has kernels for AVX-512, it multiplies small matrices without packing them first.
bool openblas_has_small_kernels() {
  static const bool has = [] {
    const std::string core = blas_kernels();
    return core == "SkylakeX" || core == "Cooperlake" || core == "SapphireRapids";
  }();
  return has;
}

// Within these bounds OpenBLAS 0.3.21 multiplies without packing, and is faster than oneDNN.
// (Packing is slower. And if memory is limited, OpenBLAS before 0.3.31 waits for its buffers
// forever.)
constexpr std::size_t most_unpacked = 1'000'000, largest_c = 1200, least_k = 32;

bool is_unpacked(bool tb, std::size_t m, std::size_t n, std::size_t k) {
  return m * n * k <= most_unpacked && !(tb && (m * n > largest_c || k < least_k));
}

// c (m,n) = op(a)·bᵀ + beta·c; transposes b first
void product_with_transposed(bool ta, std::size_t m, std::size_t n, std::size_t k, const Real* a,
                             std::size_t lda, const Real* b, std::size_t ldb, Real beta, Real* c,
                             std::size_t ldc) {
  xt::uvector<Real, memory::Allocator<Real>> transposed(k * n);
  raw_transpose(b, ldb, n, k, transposed.data(), n);
  product_by_cblas(ta, false, m, n, k, a, lda, transposed.data(), n, beta, c, ldc);
}
#endif

void product_of_tile(bool ta, bool tb, std::size_t m, std::size_t n, std::size_t k, const Real* a,
                     std::size_t lda, const Real* b, std::size_t ldb, Real beta, Real* c,
                     std::size_t ldc) {
  use_one_thread();
  if (m == 1) {
    expect_room_for_buffers();
    return vector_product(tb, n, k, a, ta ? lda : 1, b, ldb, beta, c);
  }
#ifdef REEL_WITH_ONEDNN
  static const bool has_onednn = !onednn_name().empty();
  if (has_onednn) {
    const bool small_kernels = openblas_has_small_kernels();
    if (small_kernels && tb && k < least_k && is_unpacked(false, m, n, k))
      return product_with_transposed(ta, m, n, k, a, lda, b, ldb, beta, c, ldc);
    if (!(small_kernels && is_unpacked(tb, m, n, k)) && (beta == 0 || beta == 1) &&
        onednn_product(ta, tb, m, n, k, a, lda, b, ldb, beta == 1, c, ldc))
      return;
  }
#endif
  expect_room_for_buffers();
  product_by_cblas(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc);
}

// Multiplications in a tile, which take about twenty microseconds.
constexpr std::size_t tile_work = 1 << 20, most_tiles = 8, tile_grain = 16;

}  // namespace

// Computes the result in fixed tiles. If op(b) is the largest of the three matrices, as W is in
// x·Wᵀ and g·W, each tile is some columns of the result, so that each core reads and packs a part
// of W. Otherwise a tile is some rows of the result, as in gᵀ·x, the gradient with respect to W.
void raw_gemm(bool ta, bool tb, std::size_t m, std::size_t n, std::size_t k, const Real* a,
              std::size_t lda, const Real* b, std::size_t ldb, Real beta, Real* c,
              std::size_t ldc) {
  constexpr auto largest = static_cast<std::size_t>(std::numeric_limits<blasint>::max());
  if (std::max({m, n, k, lda, ldb, ldc}) > largest)
    fail_usage("matmul", "the product of (", m, ',', k, ") and (", k, ',', n, ") has a side above ",
               largest, ", which CBLAS cannot take.");
  const bool by_columns = !ta && n > m && k > m;
  const std::size_t size = by_columns ? n : m;
  const std::size_t count = std::min({most_tiles, m * n * k / tile_work, size / tile_grain});
  if (count < 2) return product_of_tile(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc);
  parallel_for(count, [&](std::size_t i) {
    const Range tile = range_of(size, i, count, tile_grain);
    if (by_columns)
      product_of_tile(ta, tb, m, tile.size(), k, a, lda, b + tile.begin * (tb ? ldb : 1), ldb, beta,
                      c + tile.begin, ldc);
    else
      product_of_tile(ta, tb, tile.size(), n, k, a + tile.begin * (ta ? 1 : lda), lda, b, ldb, beta,
                      c + tile.begin * ldc, ldc);
  });
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

std::string blas_kernels() { return openblas_get_corename ? openblas_get_corename() : ""; }

std::string blas_name() {
  std::string name = "CBLAS";
  if (openblas_get_config) {
    const std::string config = openblas_get_config();  // "OpenBLAS 0.3.21 NO_AFFINITY …"
    name = config.substr(0, config.find(' ', config.find(' ') + 1));
  }
#ifdef REEL_WITH_ONEDNN
  if (const std::string onednn = onednn_name(); !onednn.empty())
    name = concat(onednn, " and ", name);
#endif
  return name;
}

}  // namespace reel::inline REEL_PRECISION
