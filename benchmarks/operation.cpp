// The cost of recording and differentiating one operation on four numbers.
//
// Records a chain of operations on a new tape, and computes the gradient with respect to its input.
// Prints the median time of one operation, forward and backward together, and its ratio to a bare
// loop: the same arithmetic on plain arrays. peers/operation_torch.cpp does the same in libtorch.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <vector>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/ops/activation.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/trigonometric.h>

using namespace reel;

namespace {

constexpr int links = 100, rounds = 501, chains_in_a_round = 20;
using Four = std::array<float, 4>;

template <class Chain>
double microseconds_per_link(Chain&& chain) {
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < chains_in_a_round; ++i) chain();
    const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - start;
    times.push_back(time.count() / (links * chains_in_a_round));
  }
  std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
  return times[rounds / 2];
}

float sink = 0;

template <class F>
double reel_time(F&& f) {
  return microseconds_per_link([&] {
    Tape tape;
    const Var x = tape.variable(vector({0.1f, 0.2f, 0.3f, 0.4f}));
    const Var w = tape.variable(vector({1.01f, 0.99f, 1.0f, 0.98f}));
    Var y = x;
    for (int i = 0; i < links; ++i) y = f(y, w);
    sink += *grad(y, x, {.seed = w.shared()}).value().data();
  });
}

// forward(y, w) is the value, backward(g, y, w, value) the gradient with respect to y.
template <class Forward, class Backward>
double bare_time(Forward&& forward, Backward&& backward) {
  return microseconds_per_link([&] {
    std::array<Four, links + 1> y;
    y[0] = {0.1f, 0.2f, 0.3f, 0.4f};
    const Four w{1.01f, 0.99f, 1.0f, 0.98f};
    for (std::size_t i = 0; i < links; ++i) {
      for (std::size_t k = 0; k < 4; ++k) y[i + 1][k] = forward(y[i][k], w[k]);
      asm volatile("" : "+m"(y));  // makes the compiler compute each operation
    }
    Four g = w;
    for (std::size_t i = links; i-- > 0;) {
      for (std::size_t k = 0; k < 4; ++k) g[k] = backward(g[k], y[i][k], w[k], y[i + 1][k]);
      asm volatile("" : "+m"(g));
    }
    sink += g[0];
  });
}

void report(const char* name, double reel, double bare) {
  std::printf("  %-10s %8.4f us   %6.1f times a bare loop's %.4f us\n", name, reel, reel / bare,
              bare);
}

}  // namespace

int main() {
  std::printf("one recorded operation on four floats, forward and back, median of %d rounds\n",
              rounds);
  report("add", reel_time([](const Var& y, const Var& w) { return y + w; }),
         bare_time([](float y, float w) { return y + w; },
                   [](float g, float, float, float) { return g; }));
  report("multiply", reel_time([](const Var& y, const Var& w) { return y * w; }),
         bare_time([](float y, float w) { return y * w; },
                   [](float g, float, float w, float) { return g * w; }));
  report("relu", reel_time([](const Var& y, const Var&) { return relu(y); }),
         bare_time([](float y, float) { return y > 0 ? y : 0; },
                   [](float g, float y, float, float) { return y > 0 ? g : 0; }));
  report("tanh", reel_time([](const Var& y, const Var&) { return tanh(y); }),
         bare_time([](float y, float) { return std::tanh(y); },
                   [](float g, float, float, float t) { return g * (1 - t * t); }));
  return std::isfinite(sink) ? 0 : 1;
}
