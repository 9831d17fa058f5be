// Trains a 2-4-1 network on XOR: all four cases right, mean squared error below 0.01.
#include <reel/reel.h>

#include <cstdio>

using namespace reel;

int main() {
  const Tensor inputs = matrix({{0, 0}, {0, 1}, {1, 0}, {1, 1}});
  const Tensor targets = matrix({{0}, {1}, {1}, {0}});

  Rng rng(1);
  nn::Sequential model(nn::Linear(2, 4), nn::tanh, nn::Linear(4, 1), nn::sigmoid);
  nn::init(model, rng);
  optim::Adam adam(model.parameters(), {.lr = 0.05});
  for (int step = 0; step < 1000; ++step) {
    Tape tape;
    tape.backward(squared_error(model(inputs), targets));
    adam.step();
  }

  const Var outputs = model(inputs);  // no tape is alive, so nothing is recorded
  int right = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const Real y = outputs.value()(i, 0), t = targets(i, 0);
    std::printf("%.0f xor %.0f = %.3f\n", double{inputs(i, 0)}, double{inputs(i, 1)}, double{y});
    right += (y > Real(0.5)) == (t > Real(0.5));
  }
  const Real error = squared_error(outputs, targets).item();
  std::printf("%d of 4 right, mean squared error %.5f\n", right, double{error});
  return right == 4 && error < Real(0.01) ? 0 : 1;
}
