// Regression on Friedman's first function (Annals of Statistics 19, 1991) with noise of standard
// deviation 1: on 1,000 new samples a 10-32-32-1 network explains at least 92 % of the variance;
// the noise leaves 96 %.
#include <reel/reel.h>

#include <cmath>
#include <cstdio>
#include <numbers>

using namespace reel;

namespace {

struct Samples {
  Tensor x, y;  // (n, 10), (n, 1)
};

Samples draw(std::size_t n, Rng& rng) {
  Samples samples{uninitialized({n, 10}), uninitialized({n, 1})};
  for (Real& x : samples.x.storage()) x = static_cast<Real>(rng.uniform(0, 1));
  for (std::size_t i = 0; i < n; ++i) {
    const auto x = [&](std::size_t j) { return double{samples.x(i, j)}; };  // five inputs matter
    samples.y(i, 0) =
        static_cast<Real>(10 * std::sin(std::numbers::pi * x(0) * x(1)) +
                          20 * (x(2) - 0.5) * (x(2) - 0.5) + 10 * x(3) + 5 * x(4) + rng.normal());
  }
  return samples;
}

}  // namespace

int main() {
  Rng rng(1);
  const Samples train = draw(1000, rng), test = draw(1000, rng);
  const Real mean_y = mean(Var(train.y)).item();
  const Real deviation = standard_deviation(Var(train.y)).item();

  nn::Sequential model(nn::Linear(10, 32), nn::tanh, nn::Linear(32, 32), nn::tanh,
                       nn::Linear(32, 1));
  nn::init(model, rng, nn::Init::xavier_uniform);
  const auto predict = [&](const Var& x) { return mean_y + deviation * model(2 * x - 1); };
  constexpr int steps = 1500;
  optim::AdamW adam(model.parameters(), {.lr = 1e-2, .weight_decay = 0.1});
  optim::Schedule schedule(adam, optim::cosine(steps));
  for (int step = 0; step < steps; ++step) {
    Tape tape;
    tape.backward(squared_error(predict(train.x), train.y));
    adam.step();
    schedule.step();
  }

  const Real error = squared_error(predict(test.x), test.y).item();
  const Real explained = 1 - error / variance(Var(test.y)).item();
  std::printf("root mean squared error %.3f, explained variance %.3f\n", std::sqrt(double{error}),
              double{explained});
  return explained >= Real(0.92) ? 0 : 1;
}
