// Gradients of each sample and their norms, the Jacobian of each row, the Hessian of a model by its
// parameters, and Levenberg–Marquardt on a small network; each compared with a slower way.
#include <reel/reel.h>

#include <cmath>
#include <cstdio>

using namespace reel;

double largest(const Var& x) { return max(abs(x)).item(); }

int main() {
  Rng rng(1);
  const std::size_t n = 12;
  nn::Sequential model(nn::Linear(2, 5), nn::tanh, nn::Linear(5, 1));
  nn::init(model, rng);
  const auto parameters = model.parameters();
  Tensor x = zeros({n, 2}), y = zeros({n, 1});
  for (std::size_t i = 0; i < n; ++i) {
    x(i, 0) = rng.uniform(-1, 1), x(i, 1) = rng.uniform(-1, 1);
    y(i, 0) = std::sin(2 * x(i, 0)) * x(i, 1);
  }

  // Per sample: one sweep for all, and one sweep for each.
  double worst = 0;
  {
    Tape tape;
    const Var loss = squared_error(model(x), y, Reduction::sum);
    const auto gradients = per_sample_gradients(loss, parameters);
    const Tensor norms = per_sample_gradient_norms(loss, parameters);
    if (gradients.size() != 4 || gradients[0].shape() != Shape{n, 5, 2}) return 1;
    for (std::size_t i = 0; i < n; ++i) {
      Tape one;
      const Var single =
          squared_error(model(slice(Var(x), 0, i, i + 1)), slice(Var(y), 0, i, i + 1));
      const auto expected = grad(single, parameters);
      double squares = 0;
      for (std::size_t p = 0; p < parameters.size(); ++p) {
        worst = std::max(worst,
                         largest(squeeze(slice(Var(gradients[p]), 0, i, i + 1), 0) - expected[p]));
        squares += sum(square(expected[p])).item();
      }
      worst = std::max(worst, std::abs(std::sqrt(squares) - norms(i)));
    }
  }
  std::printf("gradients of %zu samples: largest difference %.1e\n", n, worst);
  if (!(worst < 1e-12)) return 1;

  // Jacobians: row i of the batch, and the Jacobian at row i alone.
  const auto hidden = [&](const Var& rows) { return tanh(model.get<nn::Linear>(0)(rows)); };
  const Tensor jacobians = batch_jacobian(hidden)(x).value();
  if (jacobians.shape() != Shape{n, 5, 2}) return 1;
  worst = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const Var alone = jacobian(hidden)(slice(Var(x), 0, i, i + 1));
    worst = std::max(
        worst, largest(reshape(alone, {5, 2}) - squeeze(slice(Var(jacobians), 0, i, i + 1), 0)));
  }
  std::printf("Jacobians: largest difference %.1e\n", worst);
  if (!(worst < 1e-12)) return 1;

  // The Hessian: symmetric, and its products are those of hvp.
  const auto loss = [&](const Var& theta) {
    return squared_error(nn::functional_call(model, theta, x), y);
  };
  const Tensor theta = optim::values_of(parameters);
  const Var h = hessian(loss)(theta);
  const std::size_t size = theta.size();
  if (h.shape() != Shape{size, size} || size != 21) return 1;
  Tensor v = zeros({size});
  for (std::size_t i = 0; i < size; ++i) v(i) = rng.normal();
  worst = std::max(largest(h - transpose(h)), largest(matmul(h, v) - hvp(loss, theta, v)));
  const double step = 1e-5;
  const Tensor plus = theta + step * v, minus = theta - step * v;
  const Var difference = (grad(loss)(plus) - grad(loss)(minus)) / (2 * step);
  std::printf("Hessian: within %.1e of its products, %.1e of differences\n", worst,
              largest(matmul(h, v) - difference));
  if (!(worst < 1e-12) || !(largest(matmul(h, v) - difference) < 1e-7)) return 1;

  // 12 residuals, 21 parameters: the fit is exact.
  const auto residuals = [&](const Var& p) {
    return flatten(nn::functional_call(model, p, x) - y);
  };
  const auto found =
      optim::minimize_least_squares(residuals, theta, optim::levenberg_marquardt(),
                                    {.iterations = 200, .gradient_tolerance = 1e-10});
  std::printf("Levenberg–Marquardt: %s, value %.1e after %zu iterations\n", to_string(found.status),
              found.value, found.iterations);
  return found.value < 1e-15 ? 0 : 1;
}
