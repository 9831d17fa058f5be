// Training steps of the four networks, on one thread and on two; also with dropout, batch norm, and
// averaged weights.
#include <benchmark/benchmark.h>

#include "../networks.h"

using namespace reel;

namespace {

// Measures a step of a network, or of a model of the same widths, on state.range(1) threads.
void run(benchmark::State& state, const bench::Network& network, nn::Sequential model,
         bool averaged = false) {
  constexpr std::size_t steps = 20;
  const data::Dataset images = bench::random_images(network.batch * steps);
  const auto optimizer = network.optimizer(model);
  train::WeightAverage average(model);
  Rng rng(1);
  set_threads(static_cast<std::size_t>(state.range(1)));
  for (auto _ : state)
    std::ignore = train::fit(
        model, *optimizer, images, rng,
        {.epochs = 1, .batch_size = network.batch, .average = averaged ? &average : nullptr});
  state.counters["one"] = benchmark::Counter(
      steps, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void step(benchmark::State& state) {
  const bench::Network& network = bench::networks[static_cast<std::size_t>(state.range(0))];
  run(state, network, network.model());
  state.SetLabel(network.name());
}
BENCHMARK(step)
    ->ArgsProduct({{0, 1, 2, 3}, {1, 2}})
    ->ArgNames({"network", "threads"})
    ->UseRealTime();

void step_with(benchmark::State& state) {
  const bool batch_norm = state.range(0) == 1;
  const bench::Network& network = bench::networks[2];
  nn::Sequential model = nn::mlp(network.widths, nn::relu,
                                 {.batch_norm = batch_norm, .dropout = batch_norm ? 0 : 0.2});
  Rng rng(2);
  nn::init(model, rng);
  run(state, network, std::move(model));
  state.SetLabel(network.name() + (batch_norm ? ", with batch norm" : ", with dropout 0.2"));
}
BENCHMARK(step_with)
    ->ArgsProduct({{0, 1}, {1, 2}})
    ->ArgNames({"batch_norm", "threads"})
    ->UseRealTime();

void step_averaged(benchmark::State& state) {
  const bench::Network& network = bench::networks[static_cast<std::size_t>(state.range(0))];
  run(state, network, network.model(), true);
  state.SetLabel(network.name() + ", with averaged weights");
}
BENCHMARK(step_averaged)
    ->ArgsProduct({{0, 1, 2, 3}, {1, 2}})
    ->ArgNames({"network", "threads"})
    ->UseRealTime();

}  // namespace
