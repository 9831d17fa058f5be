// The limits of one core of this machine, and how close the matrix products come to them.
//
// The peak comes from a loop of fused multiply-adds in registers. The bandwidths come from sums
// over arrays that fit into each level of memory. Besides the products of a training step, it
// measures two alternatives that a step does not use: the transposed product with exchanged
// operands, and CBLAS. All of them, and the peak, run in turn several times on the same operands.
// Prints medians.
#include <algorithm>
#include <array>
#include <cstdio>

#include <cblas.h>
#include <xsimd/xsimd.hpp>

#include <reel/autodiff/tensor/gemm.h>

#include "networks.h"

using namespace reel;

namespace {

using Batch = xsimd::batch<Real>;

template <class F>
double median_seconds(F&& f, std::size_t rounds = 31) {
  std::vector<double> times;
  for (std::size_t i = 0; i < rounds; ++i) times.push_back(bench::seconds(f));
  return bench::median(times);
}

// Multiply-adds in enough chains to hide their latency; returns the number of operations.
double multiply_add() {
  constexpr std::size_t steps = 200000, chains = 12;
  static volatile Real start = 1, tiny = Real(1e-9);
  [[maybe_unused]] static volatile Real sink;
  const Batch factor(start), summand(tiny);
  Batch a(start), b(start), c(start), d(start), e(start), f(start);  // read anew: not one value
  Batch g(start), h(start), i(start), j(start), k(start), l(start);
  for (std::size_t step = 0; step < steps; ++step) {
    a = xsimd::fma(a, factor, summand), b = xsimd::fma(b, factor, summand);
    c = xsimd::fma(c, factor, summand), d = xsimd::fma(d, factor, summand);
    e = xsimd::fma(e, factor, summand), f = xsimd::fma(f, factor, summand);
    g = xsimd::fma(g, factor, summand), h = xsimd::fma(h, factor, summand);
    i = xsimd::fma(i, factor, summand), j = xsimd::fma(j, factor, summand);
    k = xsimd::fma(k, factor, summand), l = xsimd::fma(l, factor, summand);
  }
  sink = (a + b + c + d + e + f + g + h + i + j + k + l).get(0);
  return 2.0 * chains * steps * Batch::size;
}

// Bytes per second when `bytes` are read repeatedly.
double bandwidth(std::size_t bytes) {
  const Tensor x = full({bytes / sizeof(Real)}, 1);
  constexpr std::size_t chains = 8, width = chains * Batch::size;
  const std::size_t again = std::max<std::size_t>(1, (std::size_t{64} << 20) / bytes);
  volatile Real sink = 0;
  const double seconds = median_seconds([&] {
    std::array<Batch, chains> sums;
    sums.fill(Batch(Real(0)));
    for (std::size_t round = 0; round < again; ++round)
      for (std::size_t i = 0; i + width <= x.size(); i += width)
        for (std::size_t c = 0; c < chains; ++c)
          sums[c] += Batch::load_aligned(x.data() + i + c * Batch::size);
    for (const Batch& sum : sums) sink = sink + sum.get(0);
  });
  return static_cast<double>(again * bytes) / seconds;
}

struct Product {
  const char* name;
  bool ta, tb;
  std::size_t m, n, k;
};

double operations(const Product& p) { return 2.0 * static_cast<double>(p.m * p.n * p.k); }

enum Way { in_a_step, transposed, by_cblas, at_peak, ways };

// Operations per second of each way. They run in turn, because the clock of a processor changes.
using Speeds = std::array<double, ways>;

Speeds speeds(const Product& p) {
  const SharedTensor a = full(p.ta ? Shape{p.k, p.m} : Shape{p.m, p.k}, Real(0.5));
  const SharedTensor b = full(p.tb ? Shape{p.n, p.k} : Shape{p.k, p.n}, Real(0.25));
  Tensor c, other = zeros({p.m, p.n});
  const auto flag = [](bool transpose) { return transpose ? CblasTrans : CblasNoTrans; };
  const auto size = [](std::size_t n) { return static_cast<blasint>(n); };
  const auto run = [&](std::size_t way) {
    if (way == in_a_step) gemm(*a, p.ta, *b, p.tb, 0, c);
    if (way == transposed) gemm(*b, !p.tb, *a, !p.ta, 0, other);
    if (way == by_cblas)
      cblas_sgemm(CblasRowMajor, flag(p.ta), flag(p.tb), size(p.m), size(p.n), size(p.k), 1,
                  a->data(), size(a->shape()[1]), b->data(), size(b->shape()[1]), 0, other.data(),
                  size(p.n));
    return operations(p);
  };
  constexpr std::size_t rounds = 31;
  const auto again = static_cast<std::size_t>(std::max(1.0, 1e8 / operations(p)));
  std::array<std::vector<double>, ways> all;
  for (std::size_t round = 0; round < rounds; ++round)
    for (std::size_t way = 0; way < ways; ++way) {
      if (way != at_peak) run(way);
      double done = 0;
      const double seconds = bench::seconds([&] {
        for (std::size_t i = 0; i < again; ++i) done += way == at_peak ? 0 : run(way);
        if (way == at_peak) done = multiply_add();
      });
      all[way].push_back(done / seconds);
    }
  Speeds result;
  for (std::size_t way = 0; way < ways; ++way) result[way] = bench::median(all[way]);
  return result;
}

// The speeds over several products.
struct Total {
  double operations = 0;
  Speeds seconds{};

  void add(const Product& p, const Speeds& reached) {
    operations += ::operations(p);
    for (std::size_t way = 0; way < ways; ++way) seconds[way] += ::operations(p) / reached[way];
  }
  Speeds speeds() const {
    Speeds all;
    for (std::size_t way = 0; way < ways; ++way) all[way] = operations / seconds[way];
    return all;
  }
};

void print(const char* name, const Speeds& reached) {
  std::printf("    %-30s %6.1f %8.0f %% %10.1f %10.1f %7.1f\n", name, reached[in_a_step] / 1e9,
              100 * reached[in_a_step] / reached[at_peak], reached[at_peak] / 1e9,
              reached[transposed] / 1e9, reached[by_cblas] / 1e9);
}

}  // namespace

int main() {
  set_threads(1);
  std::printf("one core, %s, vectors of %zu\n", blas_name().c_str(), Batch::size);
  for (const std::size_t kilobytes : {16u, 1024u, 65536u})
    std::printf("  reading %6zu KB again and again: %6.1f GB/s\n", kilobytes,
                bandwidth(kilobytes << 10) / 1e9);
  std::printf("  products of a step, GFLOP/s %30s %10s %10s %7s\n", "share of", "the peak",
              "transposed", "CBLAS");
  Total large;
  for (const Product& p : {Product{"x·Wᵀ  64×784 · (10×784)ᵀ", false, true, 64, 10, 784},
                           Product{"gᵀ·x  (64×10)ᵀ · 64×784", true, false, 10, 784, 64},
                           Product{"x·Wᵀ  64×784 · (128×784)ᵀ", false, true, 64, 128, 784},
                           Product{"gᵀ·x  (64×128)ᵀ · 64×784", true, false, 128, 784, 64},
                           Product{"x·Wᵀ  128×784 · (512×784)ᵀ", false, true, 128, 512, 784},
                           Product{"gᵀ·x  (128×512)ᵀ · 128×784", true, false, 512, 784, 128},
                           Product{"x·Wᵀ  128×512 · (512×512)ᵀ", false, true, 128, 512, 512},
                           Product{"g·W   128×512 · 512×512", false, false, 128, 512, 512},
                           Product{"gᵀ·x  (128×512)ᵀ · 128×512", true, false, 512, 512, 128},
                           Product{"x·Wᵀ  128×784 · (800×784)ᵀ", false, true, 128, 800, 784},
                           Product{"gᵀ·x  (128×800)ᵀ · 128×784", true, false, 800, 784, 128}}) {
    const Speeds reached = speeds(p);
    print(p.name, reached);
    if (p.n >= 500 && p.k >= 128) large.add(p, reached);
  }
  print("all of the two large networks", large.speeds());
}
