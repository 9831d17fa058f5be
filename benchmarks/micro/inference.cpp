// Inference: a plan and the plain model, for one sample and for many.
#include <benchmark/benchmark.h>

#include <reel/autodiff/engine/tape.h>

#include "../networks.h"

using namespace reel;

namespace {

SharedTensor samples(std::size_t batch) { return full({batch, 784}, Real(0.5)); }

void plan(benchmark::State& state) {
  const bench::Network& network = bench::networks[static_cast<std::size_t>(state.range(0))];
  const auto batch = static_cast<std::size_t>(state.range(1));
  const nn::Sequential model = network.model();
  nn::Plan plan(model, {batch, 784});
  const SharedTensor x = samples(batch);
  for (auto _ : state) benchmark::DoNotOptimize(plan(x).data());
  state.SetLabel(network.name());
}

void forward(benchmark::State& state) {
  const bench::Network& network = bench::networks[static_cast<std::size_t>(state.range(0))];
  const auto batch = static_cast<std::size_t>(state.range(1));
  const nn::Sequential model = network.model();
  const NoTape no_tape;
  const Var x = samples(batch);
  for (auto _ : state) benchmark::DoNotOptimize(model(x));
  state.SetLabel(network.name());
}
BENCHMARK(plan)->ArgsProduct({{0, 1, 2, 3}, {1, 64, 1000}})->ArgNames({"network", "batch"});
BENCHMARK(forward)->ArgsProduct({{0, 1}, {1, 64}})->ArgNames({"network", "batch"});

}  // namespace
