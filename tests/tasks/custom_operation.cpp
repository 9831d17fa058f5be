// An operation of two inputs that broadcasts, y = log(eᵃ + eᵇ), which does not overflow. The check
// finds all derivatives of first and second order right, and the operation with the wrong rule by
// its name. A network uses the operation as a layer.
#include <reel/reel.h>

#include <cmath>
#include <cstdio>

using namespace reel;

// max(a, b) + log(1 + e^−|a − b|)
Tensor log_add_exp(const Tensor& a, const Tensor& b) {
  return xt::maximum(a, b) + xt::log1p(xt::exp(-xt::abs(a - b)));
}

Var log_add_exp(const Var& a, const Var& b) {
  return record("log_add_exp", {a, b}, log_add_exp(a.value(), b.value()),
                [](auto& d, auto& g, auto in, auto& y) {
                  d.add(0, g * exp(in[0] - y));
                  d.add(1, g * exp(in[1] - y));
                });
}

Var wrong(const Var& a, const Var& b) {
  return record("wrong", {a, b}, log_add_exp(a.value(), b.value()),
                [](auto& d, auto& g, auto in, auto& y) {
                  d.add(0, g * exp(in[0] - y));
                  d.add(1, g * exp(in[0] - y));
                });
}

int main() {
  const Tensor a = matrix({{3, -1, 0.5}, {1, 2, -2}}), b = vector({4, 1, 2});
  const auto right =
      check_gradients([](std::span<const Var> x) { return log_add_exp(x[0], x[1]); }, {a, b});
  const auto found = check_gradients(
      [](std::span<const Var> x) { return sum(square(wrong(x[0], x[1]))); }, {a, b});
  std::printf("%zu derivatives are right: %d; at fault: %s\n", right.entries, bool(right),
              found.operation.c_str());
  if (!right || right.entries == 0 || found || found.operation != "wrong") return 1;

  // No overflow, and ∂²y/∂a² = s(1 − s) with s = 1/(1 + e^(b − a)).
  if (log_add_exp(Var(2000), Var(2000)).item() != 2000 + std::log(2.)) return 1;
  const Var second = grad(grad([](const Var& x) { return log_add_exp(x, 1); }))(3);
  const double s = 1 / (1 + std::exp(-2));
  if (std::abs(second.item() - s * (1 - s)) > 1e-12) return 1;

  Rng rng(1);
  nn::Sequential model(
      nn::Linear(3, 4), [](const Var& x) { return log_add_exp(x, 1); }, nn::Linear(4, 1));
  nn::init(model, rng);
  const auto report = nn::check_parameters(model, [&] {
    return squared_error(model(a), matrix({{1}, {2}}));
  });
  std::printf("in a network: %zu derivatives are right: %d\n", report.entries, bool(report));
  return report && report.entries > 0 ? 0 : 1;
}
