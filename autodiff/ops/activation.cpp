// The activation functions of neural networks.
#include <reel/autodiff/ops.h>
#include <reel/autodiff/steps.h>
#include <reel/autodiff/tape.h>

namespace reel::inline REEL_PRECISION {

Var tanh(const Var& x) {  // y' = 1 − y²: written in y, it neither overflows nor recomputes
  return record("tanh", {x}, xt::tanh(x.value()),
                [](auto& d, auto& g, auto, auto& y) { d.add(0, g * (Real(1) - y * y)); });
}

Var sigmoid(const Var& x) {  // y' = y(1 − y)
  return record("sigmoid", {x}, Real(1) / (Real(1) + xt::exp(-x.value())),
                [](auto& d, auto& g, auto, auto& y) { d.add(0, g * (y * (Real(1) - y))); });
}

Var relu(const Var& x) {  // y' = [x > 0] = [y > 0]
  return record("relu", {x}, xt::maximum(Real(0), x.value()),
                [](auto& d, auto& g, auto, auto& y) { d.add(0, g * is_positive(y)); });
}

Var leaky_relu(const Var& x, Real slope) {  // y' = slope + (1 − slope)[x > 0]
  return record("leaky_relu", {x}, x.value() * (slope + (1 - slope) * is_positive(x.value())),
                [slope](auto& d, auto& g, auto in, auto&) {
                  d.add(0, g * (slope + (Real(1) - slope) * is_positive(in[0])));
                });
}

Var elu(const Var& x, Real alpha) {  // y' = 1 for x > 0, y + α otherwise
  const Tensor& v = x.value();
  return record("elu", {x}, xt::maximum(Real(0), v) + alpha * xt::expm1(xt::minimum(Real(0), v)),
                [alpha](auto& d, auto& g, auto in, auto& y) {
                  d.add(0, g * (is_positive(in[0]) + (Real(1) - is_positive(in[0])) * (y + alpha)));
                });
}

Var maxout(const Var& x, std::size_t pieces) {  // y' = [x = y], shared evenly among equals
  const Tensor& v = x.value();
  if (pieces == 0 || v.dimension() != 2 || v.shape()[1] % pieces != 0)
    fail_usage("maxout", "takes (batch, units·", pieces, "), got ", to_string(v.shape()), '.');
  const Shape one{v.shape()[0], v.shape()[1] / pieces, 1};
  const Tensor split = reel::reshape(v, {one[0], one[1], pieces});
  Tensor largest = reel::max(split, -1);
  Tensor shares = evaluate(is_zero(split - reel::reshape(largest, one)));
  shares = evaluate(shares / reel::sum(shares, -1, true));
  return record("maxout", {x}, std::move(largest),
                [one, shares = SharedTensor(std::move(shares))](auto& d, auto& g, auto in, auto&) {
                  d.add(0,
                        reel::reshape(reel::reshape(g, one) * d.constant(shares), in[0].shape()));
                });
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
