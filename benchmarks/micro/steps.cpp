// Steps: of the four networks, on one thread and on two.
#include <benchmark/benchmark.h>

#include "../networks.h"

using namespace reel;

namespace {

void step(benchmark::State& state) {
  const bench::Network& network = bench::networks[static_cast<std::size_t>(state.range(0))];
  constexpr std::size_t steps = 20;
  const data::Dataset images = bench::random_images(network.batch * steps);
  nn::Sequential model = network.model();
  const auto optimizer = network.optimizer(model);
  Rng rng(1);
  for (auto _ : state)
    train::fit(
        model, *optimizer, images, rng,
        {.epochs = 1, .batch = network.batch, .threads = static_cast<std::size_t>(state.range(1))});
  state.SetLabel(network.name());
  state.counters["one"] = benchmark::Counter(
      steps, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(step)
    ->ArgsProduct({{0, 1, 2, 3}, {1, 2}})
    ->ArgNames({"network", "threads"})
    ->UseRealTime();

}  // namespace
