// Solves u″ = −u with u(0) = 0 and u′(0) = 1 by a 1-16-16-1 network whose loss contains its own
// derivatives: on [0, π] it differs from sin t by less than 1e-3.
#include <reel/reel.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

using namespace reel;

int main() {
  Rng rng(1);
  nn::Sequential u(nn::Linear(1, 16), nn::tanh, nn::Linear(16, 16), nn::tanh, nn::Linear(16, 1));
  nn::init(u, rng, nn::Init::xavier_uniform);
  constexpr std::size_t n = 32;
  Tensor times = uninitialized({n, 1});
  for (std::size_t i = 0; i < n; ++i) times(i, 0) = std::numbers::pi * double(i) / (n - 1);

  const auto loss = [&] {
    const Var t = Tape::innermost()->variable(times, "t"), y = u(t);
    // each row of y depends only on its own t, so the gradient of the sum has all derivatives
    const Var y1 = grad(sum(y), t, {.create_graph = true});
    const Var y2 = grad(sum(y1), t, {.create_graph = true});
    const auto start = [](const Var& rows) { return slice(rows, 0, 0, 1); };
    return mean(square(y2 + y)) + sum(square(start(y))) + sum(square(start(y1) - 1));
  };
  const auto found = optim::minimize(
      [&] {
        if (Tape::recording()) return loss();
        Tape tape;  // a trial of the line search needs the derivatives, but no gradient of the loss
        return Var(loss().item());
      },
      u.parameters(), optim::bfgs(), {.iterations = 400, .gradient_tolerance = 1e-7});

  double worst = 0;
  for (double t = 0; t <= std::numbers::pi; t += 0.01)
    worst = std::max(worst, std::abs(u(matrix({{t}})).item() - std::sin(t)));
  std::printf("%s after %zu iterations: loss %.1e, largest error %.1e\n", to_string(found.status),
              found.iterations, found.value, worst);
  return worst < 1e-3 ? 0 : 1;
}
