// Kernels: matrix products of a training step, and the passes between them.
#include <benchmark/benchmark.h>
#include <xtensor/xmath.hpp>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/tensor/evaluate.h>
#include <reel/autodiff/tensor/gemm.h>
#include <reel/autodiff/tensor/kernels.h>

using namespace reel;

namespace {

Tensor random(const Shape& shape) {
  Rng rng(1);
  Tensor x = uninitialized(shape);
  for (Real& value : x.storage()) value = static_cast<Real>(rng.normal());
  return x;
}

// The products of a layer (in, out) for a batch: y = x·Wᵀ, ∂W = gᵀ·x, ∂x = g·W.
void product(benchmark::State& state, bool ta, bool tb, std::size_t m, std::size_t n,
             std::size_t k) {
  const Tensor a = random(ta ? Shape{k, m} : Shape{m, k}),
               b = random(tb ? Shape{n, k} : Shape{k, n});
  Tensor c;
  for (auto _ : state) gemm(a, ta, b, tb, 0, c);
  state.counters["FLOP/s"] = benchmark::Counter(2 * static_cast<double>(m * n * k),
                                                benchmark::Counter::kIsIterationInvariantRate);
}
void forward(benchmark::State& s, std::size_t batch, std::size_t in, std::size_t out) {
  product(s, false, true, batch, out, in);
}
void weight_gradient(benchmark::State& s, std::size_t batch, std::size_t in, std::size_t out) {
  product(s, true, false, out, in, batch);
}
void input_gradient(benchmark::State& s, std::size_t batch, std::size_t in, std::size_t out) {
  product(s, false, false, batch, in, out);
}
#define REEL_LAYER(name, batch, in, out)                    \
  BENCHMARK_CAPTURE(forward, name, batch, in, out);         \
  BENCHMARK_CAPTURE(weight_gradient, name, batch, in, out); \
  BENCHMARK_CAPTURE(input_gradient, name, batch, in, out)
REEL_LAYER(64x784x10, 64, 784, 10);
REEL_LAYER(64x784x128, 64, 784, 128);
REEL_LAYER(128x784x512, 128, 784, 512);
REEL_LAYER(128x512x512, 128, 512, 512);
REEL_LAYER(128x784x800, 128, 784, 800);

void exponential(benchmark::State& state) {
  const Tensor x = random({128, 64});
  for (auto _ : state) benchmark::DoNotOptimize(evaluate(xt::exp(x)));
}
BENCHMARK(exponential);

void softmax_rows(benchmark::State& state) {
  const Tensor x = random({64, 10});
  for (auto _ : state) benchmark::DoNotOptimize(reel::softmax(x));
}
BENCHMARK(softmax_rows);

void sum_of_columns(benchmark::State& state) {
  const Tensor x = random({128, 512});
  for (auto _ : state) benchmark::DoNotOptimize(reel::sum(x, 0));
}
BENCHMARK(sum_of_columns);

}  // namespace
