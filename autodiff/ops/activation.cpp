// The activation functions of neural networks.
#include <cmath>
#include <numbers>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/activation.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/piecewise.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/autodiff/ops/selection.h>
#include <reel/autodiff/ops/shape.h>
#include <reel/autodiff/ops/trigonometric.h>

namespace reel::inline REEL_PRECISION {

Var sigmoid(const Var& x) {  // y' = y(1 − y)
  return record("sigmoid", {x}, Real(1) / (Real(1) + xt::exp(-x.value())),
                [](auto& d, auto& g, auto, auto& y) { d.add(0, g * (y * (Real(1) - y))); });
}

Var log_sigmoid(const Var& x) { return -softplus(-x); }

Var softplus(const Var& x) {  // y' = σ(x) = 1 − e⁻ʸ
  const Tensor& v = x.value();
  return record("softplus", {x}, xt::maximum(Real(0), v) + xt::log1p(xt::exp(-xt::abs(v))),
                [](auto& d, auto& g, auto, auto& y) { d.add(0, -g * expm1(-y)); });
}

Var relu(const Var& x) {  // y' = [x > 0] = [y > 0]
  return record("relu", {x}, xt::maximum(Real(0), x.value()),
                [](auto& d, auto& g, auto, auto& y) { d.add(0, masked(is_positive(y), g)); });
}

Var leaky_relu(const Var& x, Real slope) {  // y' = slope + (1 − slope)[x > 0]
  return record("leaky_relu", {x}, x.value() * (slope + (1 - slope) * is_positive(x.value())),
                [slope](auto& d, auto& g, auto in, auto&) {
                  d.add(0, g * (slope + (Real(1) - slope) * is_positive(in[0])));
                });
}

Var elu(const Var& x, Real alpha) {  // y' = 1 for x > 0, αeˣ otherwise
  const Tensor& v = x.value();
  return record("elu", {x}, xt::maximum(Real(0), v) + alpha * xt::expm1(xt::minimum(Real(0), v)),
                [alpha](auto& d, auto& g, auto in, auto&) {
                  d.add(0, g * (is_positive(in[0]) + (Real(1) - is_positive(in[0])) * alpha *
                                                         exp(minimum(Real(0), in[0]))));
                });
}

Var selu(const Var& x) {
  return Real(1.0507009873554804934193349852946) * elu(x, Real(1.6732632423543772848170429916717));
}

Var gelu(const Var& x) {  // x·½erfc(−x/√2): Φ keeps its digits in both tails
  return Real(0.5) * x * erfc(x * Real(-0.5 * std::numbers::sqrt2));
}

// ½x(1 + tanh u) = x·σ(2u), u = √(2/π)(x + 0.044715x³): Hendrycks & Gimpel 2016
Var gelu_tanh(const Var& x) {
  const Real scale = std::sqrt(8 * std::numbers::inv_pi_v<Real>);
  return x * sigmoid(scale * x * (Real(1) + Real(0.044715) * x * x));
}

Var silu(const Var& x) { return x * sigmoid(x); }
Var mish(const Var& x) { return x * tanh(softplus(x)); }
Var softsign(const Var& x) { return x / (Real(1) + abs(x)); }
Var hard_tanh(const Var& x) { return clip(x, -1, 1); }
Var hard_sigmoid(const Var& x) { return clip(x / Real(6) + Real(0.5), 0, 1); }
Var hard_swish(const Var& x) { return x * hard_sigmoid(x); }

Var maxout(const Var& x, std::size_t pieces) {
  const Shape& shape = x.shape();
  if (pieces == 0 || shape.size() != 2 || shape[1] % pieces != 0)
    fail_usage("maxout", "takes (batch, units·", pieces, "), got ", to_string(shape), '.');
  return reel::max(reshape(x, {shape[0], shape[1] / pieces, pieces}), -1);
}

Var softmax(const Var& x, int axis) {  // ∂x = y(g − Σ g·y)
  return record("softmax", {x}, reel::softmax(x.value(), axis),
                [axis](auto& d, auto& g, auto, auto& y) {
                  const auto total = reel::sum(g * y, axis, true);
                  d.add(0, y * (g - total));
                });
}

Var log_softmax(const Var& x, int axis) {  // ∂x = g − eʸ·Σ g
  return record("log_softmax", {x}, reel::log_softmax(x.value(), axis),
                [axis](auto& d, auto& g, auto, auto& y) {
                  const auto total = reel::sum(g, axis, true);
                  d.add(0, g - exp(y) * total);
                });
}

}  // namespace reel::inline REEL_PRECISION
