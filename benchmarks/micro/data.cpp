// Data: reading the files, drawing an order, gathering a batch.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <span>

#include <reel/autodiff/gemm.h>
#include <reel/autodiff/stored_product.h>

#include "../networks.h"

using namespace reel;

namespace {

void load(benchmark::State& state) {
  if (!std::filesystem::exists(data::default_folder()))
    return state.SkipWithError("Fashion-MNIST is not installed");
  for (auto _ : state) benchmark::DoNotOptimize(data::load_mnist(data::default_folder()));
}
BENCHMARK(load)->Unit(benchmark::kMillisecond);

void permutation(benchmark::State& state) {
  Rng rng(1);
  for (auto _ : state) benchmark::DoNotOptimize(rng.permutation(60000));
}
BENCHMARK(permutation)->Unit(benchmark::kMicrosecond);

// 64 rows of 784 bytes out of 60,000, in random order.
void gather(benchmark::State& state) {
  const data::Dataset images = bench::random_images(60000);
  Rng rng(1);
  const data::Batches batches = data::batches(images, {.size = 64, .drop_last = true}, rng);
  data::Batch batch;
  std::size_t i = 0;
  for (auto _ : state) images.gather(batches.rows(i++ % batches.count()), batch);
  state.SetBytesProcessed(state.iterations() * 64 * 784);
}
BENCHMARK(gather);

// What a narrow first layer (784, outputs) takes of a batch, x·Wᵀ and gᵀ·x: of images where they
// are stored, and of a copy by the libraries.
template <class Both>
void narrow_layer(benchmark::State& state, Both both) {
  const auto batch = static_cast<std::size_t>(state.range(0));
  const auto outputs = static_cast<std::size_t>(state.range(1));
  const data::Dataset images = bench::random_images(60000);
  Rng rng(1);
  const data::Batches batches = data::batches(images, {.size = batch, .drop_last = true}, rng);
  const Tensor w = full({outputs, 784}, Real(0.01)), g = full({batch, outputs}, Real(0.1));
  Tensor y = zeros({batch, outputs}), by_w = zeros({outputs, 784});
  std::size_t i = 0;
  for (auto _ : state) both(images, batches.rows(i++ % batches.count()), w, g, y, by_w);
}
using Indices = std::span<const std::uint32_t>;
void stored(const data::Dataset& images, Indices rows, const Tensor& w, const Tensor& g, Tensor& y,
            Tensor& by_w) {
  StoredRows x;
  const std::size_t outputs = w.shape()[0];
  images.locate(rows, x);
  stored_product(x, {0, 784}, w.data(), outputs, y.data());
  stored_gradient(x, {0, 784}, g.data(), outputs, outputs, by_w.data());
}
void copied(const data::Dataset& images, Indices rows, const Tensor& w, const Tensor& g, Tensor& y,
            Tensor& by_w) {
  static data::Batch x;
  images.gather(rows, x);
  gemm(*x.images, false, w, true, 0, y);
  gemm(g, true, *x.images, false, 0, by_w);
}
void narrow_layers(benchmark::internal::Benchmark* sizes) {
  sizes->ArgNames({"batch", "outputs"});
  sizes->ArgsProduct({{64, 512}, {4, 10, 12, 16, 32, 64, 128}});
}
BENCHMARK_CAPTURE(narrow_layer, stored, stored)->Apply(narrow_layers);
BENCHMARK_CAPTURE(narrow_layer, copied, copied)->Apply(narrow_layers);

}  // namespace
