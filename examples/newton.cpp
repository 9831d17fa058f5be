// Newton's method on f(x) = x⁴ − 40x² − 100x from 6: reaches the minimum at 5 to 1e-12 within 6
// steps.
#include <reel/reel.h>

#include <cmath>
#include <cstdio>

using namespace reel;

int main() {
  const auto f = [](const Var& x) { return square(square(x)) - 40 * square(x) - 100 * x; };
  const auto f1 = grad(f);        // f′, by automatic differentiation
  const auto f2 = grad(grad(f));  // f″, by differentiating f′ again

  Real x = 6;
  int steps = 0;
  for (; steps < 6 && std::abs(x - 5) > 1e-12; ++steps) {
    x -= f1(x).item() / f2(x).item();
    std::printf("x = %.15f  error = %.1e\n", x, std::abs(x - 5));
  }
  std::printf("minimum at %.12f after %d steps: f′ = %.1e, f″ = %.0f\n", x, steps, f1(x).item(),
              f2(x).item());
  return std::abs(x - 5) <= 1e-12 ? 0 : 1;
}
