// What one core of this machine can do at most, and how near to it the matrix products come.
//
// The peak is that of a loop of fused multiply-adds in registers; the bandwidths are those of a sum
// over arrays that fit into each level. Beside the products as Reel computes them stand two ways
// that it does not take: the transposed product with the operands in turn, and CBLAS. Prints
// medians.
#include <algorithm>
#include <array>
#include <cstdio>

#include <cblas.h>
#include <xsimd/xsimd.hpp>

#include <reel/autodiff/gemm.h>

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

// Multiply-adds in as many chains as hide their latency.
double peak() {
  constexpr std::size_t steps = 20000, chains = 12;
  volatile Real start = 1, tiny = Real(1e-9);
  const Batch factor(start), summand(tiny);
  volatile Real sink = 0;
  const double seconds = median_seconds([&] {
    Batch a(start), b(start), c(start), d(start), e(start), f(start);  // each read anew, not one
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
  });
  return 2.0 * chains * steps * Batch::size / seconds;
}

// Bytes a second of reading `bytes` again and again.
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

// Operations a second of each way: as it is, transposed, by CBLAS; measured in turn.
std::array<double, 3> speeds(const Product& p) {
  const Tensor a = full(p.ta ? Shape{p.k, p.m} : Shape{p.m, p.k}, Real(0.5));
  const Tensor b = full(p.tb ? Shape{p.n, p.k} : Shape{p.k, p.n}, Real(0.25));
  Tensor c, transposed;
  const auto flag = [](bool transpose) { return transpose ? CblasTrans : CblasNoTrans; };
  const auto size = [](std::size_t n) { return static_cast<blasint>(n); };
  const auto run = [&](std::size_t way) {
    if (way == 0) gemm(a, p.ta, b, p.tb, 0, c);
    if (way == 1) gemm(b, !p.tb, a, !p.ta, 0, transposed);
    if (way == 2)
      cblas_sgemm(CblasRowMajor, flag(p.ta), flag(p.tb), size(p.m), size(p.n), size(p.k), 1,
                  a.data(), size(a.shape()[1]), b.data(), size(b.shape()[1]), 0, c.data(),
                  size(p.n));
  };
  constexpr std::size_t rounds = 31;
  const auto again = static_cast<std::size_t>(std::max(1.0, 1e8 / operations(p)));
  std::array<std::vector<double>, 3> times;
  for (std::size_t way = 0; way < times.size(); ++way) run(way);
  for (std::size_t round = 0; round < rounds; ++round)
    for (std::size_t way = 0; way < times.size(); ++way)
      times[way].push_back(bench::seconds([&] {
        for (std::size_t i = 0; i < again; ++i) run(way);
      }));
  std::array<double, 3> result;
  for (std::size_t way = 0; way < times.size(); ++way)
    result[way] = operations(p) * static_cast<double>(again) / bench::median(times[way]);
  return result;
}

}  // namespace

int main() {
  const double most = peak();
  std::printf("one core, %s\n  peak %.0f GFLOP/s in vectors of %zu\n", blas_name().c_str(),
              most / 1e9, Batch::size);
  for (const std::size_t kilobytes : {16u, 1024u, 65536u})
    std::printf("  reading %6zu KB again and again: %6.1f GB/s\n", kilobytes,
                bandwidth(kilobytes << 10) / 1e9);
  std::printf("  products of a step, GFLOP/s %31s %10s %7s\n", "share of peak", "transposed",
              "CBLAS");
  double flops = 0, best_seconds = 0;
  std::array<double, 3> seconds{};
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
    const auto reached = speeds(p);
    std::printf("    %-30s %6.1f  %12.0f %% %10.1f %7.1f\n", p.name, reached[0] / 1e9,
                100 * reached[0] / most, reached[1] / 1e9, reached[2] / 1e9);
    if (p.n < 500 || p.m < 128) continue;
    flops += operations(p);
    for (std::size_t way = 0; way < seconds.size(); ++way)
      seconds[way] += operations(p) / reached[way];
    best_seconds += operations(p) / *std::max_element(reached.begin(), reached.end());
  }
  std::printf("    all of the two large networks  %6.1f  %12.0f %% %10.1f %7.1f\n",
              flops / seconds[0] / 1e9, 100 * flops / seconds[0] / most, flops / seconds[1] / 1e9,
              flops / seconds[2] / 1e9);
  std::printf("    each in its fastest way        %6.1f  %12.0f %%\n", flops / best_seconds / 1e9,
              100 * flops / best_seconds / most);
}
