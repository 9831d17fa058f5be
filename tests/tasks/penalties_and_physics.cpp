// Three losses with derivatives in them, or minimised as a whole:
// 1. the critic of WGAN-GP measures how far two clouds of points are apart;
// 2. a network solves u″ = −u with u(0) = 0 and u(π/2) = 1: it is sin t;
// 3. L-BFGS fits an MLP to a curve.
#include <reel/reel.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

using namespace reel;

// One cloud is the other, moved by 2. A critic with the slope s has the loss 10(s − 1)² − 2s, which
// is least at s = 1.1: so it should find the Wasserstein distance 2, times 1.1.
bool wasserstein() {
  Rng rng(1);
  nn::Sequential critic = nn::mlp({2, 32, 32, 1}, nn::tanh);
  nn::init(critic, rng);
  optim::Adam adam(critic.parameters(), {.lr = 0.003, .beta1 = 0.5});
  const auto draw = [&](std::size_t n, double shift) {
    Tensor x = zeros({n, 2});
    for (std::size_t i = 0; i < n; ++i)
      x(i, 0) = shift + 0.3 * rng.normal(), x(i, 1) = 0.3 * rng.normal();
    return x;
  };
  const auto distance = [&](const Tensor& real, const Tensor& fake) {
    return mean(critic(real)) - mean(critic(fake));
  };
  for (int step = 0; step < 400; ++step) {
    const Tensor real = draw(64, 1), fake = draw(64, -1);
    Tensor between = zeros({64, 2});
    for (std::size_t i = 0; i < 64; ++i) {
      const double t = rng.uniform(0, 1);
      for (std::size_t j = 0; j < 2; ++j) between(i, j) = t * real(i, j) + (1 - t) * fake(i, j);
    }
    Tape tape;
    const Var x = tape.variable(between);
    const Var slope = grad(sum(critic(x)), x, {.create_graph = true});  // (n,2)
    tape.backward(10 * mean(square(norm(slope, 1) - 1)) - distance(real, fake));
    adam.step();
  }
  const double found = distance(draw(4000, 1), draw(4000, -1)).item();
  std::printf("Wasserstein distance times 1.1: %.3f\n", found);
  return std::abs(found - 2.2) < 0.1;
}

bool oscillator() {
  Rng rng(1);
  nn::Sequential u(nn::Linear(1, 12), nn::tanh, nn::Linear(12, 1));
  nn::init(u, rng, nn::Init::xavier_uniform);
  const double end = std::numbers::pi / 2;
  Tensor times = zeros({20, 1});
  for (std::size_t i = 0; i < 20; ++i) times(i, 0) = end * double(i) / 19;

  const auto loss = [&] {
    const Var t = Tape::innermost()->variable(times);
    const Var y = u(t);
    const Var y1 = grad(sum(y), t, {.create_graph = true});
    const Var y2 = grad(sum(y1), t, {.create_graph = true});
    return mean(square(y2 + y)) + squared_error(u(matrix({{0}, {end}})), matrix({{0}, {1}}));
  };
  const auto found = optim::minimize(loss, u.parameters(), optim::lbfgs(),
                                     {.iterations = 300, .value_tolerance = 0});
  double worst = 0;
  for (double t = 0; t <= end; t += 0.05)
    worst = std::max(worst, std::abs(u(matrix({{t}})).item() - std::sin(t)));
  std::printf("u″ = −u: loss %.1e after %zu iterations, largest error %.1e\n", found.value,
              found.iterations, worst);
  return worst < 1e-3;
}

bool curve() {
  Rng rng(2);
  nn::Sequential model(nn::Linear(1, 16), nn::tanh, nn::Linear(16, 1));
  nn::init(model, rng);
  Tensor x = zeros({60, 1}), y = zeros({60, 1});
  for (std::size_t i = 0; i < 60; ++i) {
    x(i, 0) = double(i) / 15 - 2;
    y(i, 0) = std::sin(3 * x(i, 0)) * std::exp(-x(i, 0) * x(i, 0) / 4);
  }
  optim::Lbfgs lbfgs(model.parameters(), {.iterations = 20, .strong_wolfe = true});
  double before = 0, after = 0;
  for (int step = 0; step < 25; ++step) {
    lbfgs.step([&] {
      Tape tape;
      const Var loss = squared_error(model(x), y);
      tape.backward(loss);
      after = loss.item();
      if (before == 0) before = after;
      return after;
    });
  }
  const double error = squared_error(model(x), y).item();
  std::printf("L-BFGS: loss from %.1e to %.1e\n", before, error);
  return before > 0.1 && error < 1e-5;
}

int main() { return wasserstein() && oscillator() && curve() ? 0 : 1; }
