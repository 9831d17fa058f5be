// Interposes the allocation functions and the matrix products of the libraries that this program
// links.
#include "allocations.h"

#include <dlfcn.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <new>

#include <cblas.h>
#ifdef REEL_WITH_ONEDNN
#include <dnnl.h>
#endif

extern "C" {  // glibc's own names of the real functions
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* block, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);
}

namespace {

constinit std::atomic<std::size_t> operator_new_count{0}, malloc_count{0}, aligned_count{0},
    posix_count{0}, blas_count{0};
constinit thread_local bool inside_blas = false;

void count(std::atomic<std::size_t>& counter) {
  (inside_blas ? blas_count : counter).fetch_add(1, std::memory_order_relaxed);
}

// The function of this name in the next library.
template <class F>
F next(const char* name) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

struct InsideBlas {
  InsideBlas() { inside_blas = true; }
  ~InsideBlas() { inside_blas = false; }
};

}  // namespace

extern "C" {

void* malloc(std::size_t bytes) {
  count(malloc_count);
  return __libc_malloc(bytes);
}

void* calloc(std::size_t n, std::size_t bytes) {
  count(malloc_count);
  return __libc_calloc(n, bytes);
}

void* realloc(void* block, std::size_t bytes) {
  count(malloc_count);
  return __libc_realloc(block, bytes);
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  count(aligned_count);
  return __libc_memalign(alignment, bytes);
}

int posix_memalign(void** block, std::size_t alignment, std::size_t bytes) {
  count(posix_count);
  *block = __libc_memalign(alignment, bytes);
  return *block ? 0 : ENOMEM;
}

void cblas_sgemm(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, blasint m, blasint n,
                 blasint k, float alpha, const float* a, blasint lda, const float* b, blasint ldb,
                 float beta, float* c, blasint ldc) {
  static const auto real = next<decltype(&cblas_sgemm)>("cblas_sgemm");
  const InsideBlas scope;
  real(layout, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

#ifdef REEL_WITH_ONEDNN
dnnl_status_t dnnl_primitive_execute(const_dnnl_primitive_t primitive, dnnl_stream_t stream,
                                     int count, const dnnl_exec_arg_t* arguments) {
  static const auto real = next<decltype(&dnnl_primitive_execute)>("dnnl_primitive_execute");
  const InsideBlas scope;
  return real(primitive, stream, count, arguments);
}
#endif

}  // extern "C"

void* operator new(std::size_t bytes) {
  operator_new_count.fetch_add(1, std::memory_order_relaxed);
  if (void* block = malloc(bytes ? bytes : 1)) return block;
  throw std::bad_alloc();
}

void* operator new(std::size_t bytes, std::align_val_t alignment) {
  operator_new_count.fetch_add(1, std::memory_order_relaxed);
  if (void* block = aligned_alloc(static_cast<std::size_t>(alignment), bytes)) return block;
  throw std::bad_alloc();
}

void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }

namespace reel::bench {

Allocations allocations() {
  return {operator_new_count, malloc_count, aligned_count, posix_count, blas_count};
}

Allocations operator-(const Allocations& a, const Allocations& b) {
  return {a.operator_new - b.operator_new, a.malloc - b.malloc, a.aligned_alloc - b.aligned_alloc,
          a.posix_memalign - b.posix_memalign, a.inside_blas - b.inside_blas};
}

}  // namespace reel::bench
