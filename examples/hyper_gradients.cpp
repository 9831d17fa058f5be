// Learns the learning rate of each of ten steps of gradient descent, by the gradient through the
// whole training run: `grad` of `grad`. The gradient agrees with a finite difference to 1e-6, and
// with the learned rates ten steps reach less than half of the loss that the best constant
// rate reaches.
#include <reel/reel.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <limits>

using namespace reel;

int main() {
  Rng rng(1);
  constexpr std::size_t samples = 40, steps = 10;
  Tensor x = uninitialized({samples, 2}), y = uninitialized({samples, 1});
  for (Real& v : x.storage()) v = rng.uniform(-1, 1);
  for (std::size_t i = 0; i < samples; ++i) y(i, 0) = std::sin(3 * x(i, 0)) * x(i, 1);
  nn::Sequential model(nn::Linear(2, 8), nn::tanh, nn::Linear(8, 1));
  nn::init(model, rng, nn::Init::xavier_uniform);

  const Tensor start = optim::values_of(model.parameters());
  const auto loss = [&](const Var& theta) {
    return nn::functional_call(model, theta, [&] { return squared_error(model(x), y); });
  };
  // the loss after ten steps from `start`, as a function of the logarithms of the ten rates
  const auto trained = [&](const Var& log_rates) {
    Var theta = start;
    for (std::size_t k = 0; k < steps; ++k)
      theta -= exp(slice(log_rates, 0, k, k + 1)) * grad(loss)(theta);
    return loss(theta);
  };

  const Tensor ones = full({steps}, 1);
  double best_constant = std::numeric_limits<double>::infinity();
  for (double log_rate = -4; log_rate < 2; log_rate += 0.1) {
    const double reached = trained(Tensor(log_rate * ones)).item();
    if (std::isfinite(reached)) best_constant = std::min(best_constant, reached);
  }

  Parameter log_rates(Tensor(-1.5 * ones), "log_rates");
  const Tensor g = grad(trained)(log_rates.value()).value();
  Tensor up = log_rates.value(), down = up;
  up(4) += 1e-5, down(4) -= 1e-5;
  const double difference = (trained(up).item() - trained(down).item()) / 2e-5;

  optim::Adam adam({log_rates}, {.lr = 0.05});
  for (int step = 0; step < 300; ++step) {
    Tape tape;
    tape.backward(trained(log_rates));
    adam.step();
  }
  const double learned = trained(log_rates.value()).item();
  std::printf("gradient by the fifth rate %.8f, by differences %.8f\n", g(4), difference);
  std::printf("loss after ten steps: best constant rate %.5f, learned rates %.5f\n", best_constant,
              learned);
  std::cout << "rates " << Tensor(xt::exp(log_rates.value())) << '\n';
  return std::abs(g(4) - difference) < 1e-6 && learned < best_constant / 2 ? 0 : 1;
}
