// Operations, recorded and differentiated: on few numbers and on as many as a layer has.
#include <benchmark/benchmark.h>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/ops/activation.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/trigonometric.h>

using namespace reel;

namespace {

// A chain of a hundred operations, so that the tape itself takes little time; reports the time of
// one.
template <class F>
void chain(benchmark::State& state, F&& f) {
  constexpr int links = 100;
  const auto n = static_cast<std::size_t>(state.range(0));
  const SharedTensor start = full({n}, Real(0.5)), factor = full({n}, Real(0.99));
  for (auto _ : state) {
    Tape tape;
    const Var x = tape.variable(start), w = tape.variable(factor);
    Var y = x;
    for (int i = 0; i < links; ++i) y = f(y, w);
    benchmark::DoNotOptimize(grad(y, x, {.seed = factor}));
  }
  state.counters["one"] = benchmark::Counter(
      links, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void add(benchmark::State& s) {
  chain(s, [](const Var& y, const Var& w) { return y + w; });
}
void multiply(benchmark::State& s) {
  chain(s, [](const Var& y, const Var& w) { return y * w; });
}
void rectify(benchmark::State& s) {
  chain(s, [](const Var& y, const Var&) { return relu(y); });
}
void hyperbolic_tangent(benchmark::State& s) {
  chain(s, [](const Var& y, const Var&) { return tanh(y); });
}
BENCHMARK(add)->Arg(4)->Arg(1024);
BENCHMARK(multiply)->Arg(4)->Arg(1024);
BENCHMARK(rectify)->Arg(4)->Arg(1024);
BENCHMARK(hyperbolic_tangent)->Arg(4)->Arg(1024);

}  // namespace
