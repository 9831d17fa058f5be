// Data: reading the files, drawing an order, gathering a batch.
#include <benchmark/benchmark.h>

#include <filesystem>

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

// Gathers 64 rows of 784 bytes out of 60,000, in random order.
void gather(benchmark::State& state) {
  const data::Dataset images = bench::random_images(60000);
  Rng rng(1);
  const data::Batches batches = data::batches(images, {.batch_size = 64, .drop_last = true}, rng);
  data::Batch batch;
  std::size_t i = 0;
  for (auto _ : state) images.gather(batches.rows(i++ % batches.count()), batch);
  state.SetBytesProcessed(state.iterations() * 64 * 784);
}
BENCHMARK(gather);

}  // namespace
