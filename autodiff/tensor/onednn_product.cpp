// Each thread makes one primitive for each shape. Only kernels whose implementation is called
// "brg…" are used. All others of oneDNN 2.6 and 3.1, and `dnnl_sgemm`, put a heap address in the
// stack pointer; a signal handler that runs then overwrites memory with its frame.
#include <reel/autodiff/tensor/onednn_product.h>

#include <algorithm>
#include <array>
#include <map>
#include <new>
#include <optional>
#include <string_view>
#include <vector>
#include <xtensor/xstorage.hpp>

#include <dnnl.hpp>

#include <reel/autodiff/core/error.h>
#include <reel/autodiff/core/memory.h>

namespace reel::inline REEL_PRECISION {
namespace {

struct Call {
  bool transpose_a, transpose_b, add;
  std::size_t m, n, k;

  auto operator<=>(const Call&) const = default;
};

dnnl::memory::desc matrix(std::size_t rows, std::size_t columns, bool transposed) {
  using dnnl::memory;
  return {{static_cast<memory::dim>(rows), static_cast<memory::dim>(columns)},
          memory::data_type::f32,
          transposed ? memory::format_tag::ba : memory::format_tag::ab};
}

const dnnl::engine& processor() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

// The kernel for a shape; nothing if there is no safe one.
std::optional<dnnl::matmul::primitive_desc> describe(const Call& s) try {
  const auto a = matrix(s.m, s.k, s.transpose_a), b = matrix(s.k, s.n, s.transpose_b),
             c = matrix(s.m, s.n, false);
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);  // oneDNN's own is not thread-safe
  if (s.add) {
    dnnl::post_ops sum;
    sum.append_sum(1);
    attributes.set_post_ops(sum);
  }
#if DNNL_VERSION_MAJOR < 3
  const dnnl::matmul::primitive_desc found(dnnl::matmul::desc(a, b, c), attributes, processor());
#else
  const dnnl::matmul::primitive_desc found(processor(), a, b, c, attributes);
#endif
  if (!std::string_view(found.impl_info_str()).starts_with("brg")) return {};
  return found;
} catch (const dnnl::error& error) {
  if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
  return {};
}

// A primitive with handles to its operands; each call sets the handles to its arrays.
struct Primitive {
  explicit Primitive(const dnnl::matmul::primitive_desc& found)
      : primitive(found),
        a(found.src_desc(), processor(), nullptr),
        b(found.weights_desc(), processor(), nullptr),
        c(found.dst_desc(), processor(), nullptr),
        scratch(found.scratchpad_desc(), processor(), nullptr),
        scratch_bytes(found.scratchpad_desc().get_size()) {}

  dnnl::matmul primitive;
  dnnl::memory a, b, c, scratch;
  std::size_t scratch_bytes;
};

// The primitives of a thread. Most programs multiply about ten different shapes. A program with a
// new shape for each batch must not fill the memory, so the number is limited.
struct Products {
  static constexpr std::size_t most = 256;

  std::map<Call, std::optional<Primitive>> primitives;
  std::vector<std::byte, memory::Allocator<std::byte>> scratch;
  dnnl::stream stream{processor()};

  Primitive* find(const Call& call) {
    const auto known = primitives.find(call);
    if (known != primitives.end()) return known->second ? &*known->second : nullptr;
    if (primitives.size() == most) primitives.clear();
    const auto found = describe(call);  // may throw; then nothing is stored
    std::optional<Primitive> made;
    if (found) made.emplace(*found);
    auto& place = primitives[call] = std::move(made);
    return place ? &*place : nullptr;
  }
};

using Numbers = xt::uvector<Real, memory::Allocator<Real>>;

void copy_matrix(std::size_t rows, std::size_t columns, const Real* from, std::size_t from_row,
                 Real* to, std::size_t to_row) {
  for (std::size_t i = 0; i < rows; ++i) std::copy_n(from + i * from_row, columns, to + i * to_row);
}

// A matrix without gaps between its rows, as these kernels require: the matrix itself or a copy.
class Dense {
 public:
  Dense(const Real* from, std::size_t rows, std::size_t columns, std::size_t stride)
      : data_(const_cast<Real*>(from)) {
    if (stride == columns) return;
    copy_.resize(rows * columns);
    copy_matrix(rows, columns, from, stride, copy_.data(), columns);
    data_ = copy_.data();
  }
  Real* data() { return data_; }

 private:
  Numbers copy_;
  Real* data_;
};

}  // namespace

bool onednn_product(bool ta, bool tb, std::size_t m, std::size_t n, std::size_t k, const Real* a,
                    std::size_t lda, const Real* b, std::size_t ldb, bool add, Real* c,
                    std::size_t ldc) try {
  thread_local Products products;
  Primitive* const product = products.find({ta, tb, add, m, n, k});
  if (!product) return false;
  Dense dense_a(a, ta ? k : m, ta ? m : k, lda), dense_b(b, tb ? n : k, tb ? k : n, ldb);
  Numbers result(ldc == n ? 0 : m * n);
  if (ldc != n && add) copy_matrix(m, n, c, ldc, result.data(), n);
  if (products.scratch.size() < product->scratch_bytes)
    products.scratch.resize(product->scratch_bytes);
  product->a.set_data_handle(dense_a.data());
  product->b.set_data_handle(dense_b.data());
  product->c.set_data_handle(ldc == n ? c : result.data());
  product->scratch.set_data_handle(products.scratch.data());
  // use the C interface, since the C++ interface allocates from the heap
  const std::array<dnnl_exec_arg_t, 4> arguments{{{DNNL_ARG_SRC, product->a.get()},
                                                  {DNNL_ARG_WEIGHTS, product->b.get()},
                                                  {DNNL_ARG_DST, product->c.get()},
                                                  {DNNL_ARG_SCRATCHPAD, product->scratch.get()}}};
  dnnl::error::wrap_c_api(
      dnnl_primitive_execute(product->primitive.get(), products.stream.get(),
                             static_cast<int>(arguments.size()), arguments.data()),
      "a product was refused");
  if (ldc != n) copy_matrix(m, n, result.data(), n, c, ldc);
  return true;
} catch (const dnnl::error& error) {
  if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
  fail(Error::Kind::failure, "matmul", "oneDNN: ", error.what(), ", status ", int{error.status},
       '.');
}

std::string onednn_name() {
  constexpr std::size_t any = 64;
  static const bool usable = describe({false, false, false, any, any, any}).has_value();
  if (!usable) return {};
  const dnnl_version_t* const version = dnnl_version();
  return concat("oneDNN ", version->major, '.', version->minor, '.', version->patch);
}

}  // namespace reel::inline REEL_PRECISION
