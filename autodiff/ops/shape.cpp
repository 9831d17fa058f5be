// Operations that move values without computing: the derivative of each is the opposite move.
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/linear_algebra.h>
#include <reel/autodiff/ops/shape.h>

namespace reel::inline REEL_PRECISION {

Var reshape(const Var& x, const Shape& shape) {
  return record(
      "reshape", {x}, reel::reshape(x.value(), shape),
      [](auto& d, auto& g, auto in, auto&) { d.add(0, reel::reshape(g, in[0].shape())); });
}

Var transpose(const Var& x) {
  return record("transpose", {x}, reel::transpose(x.value()),
                [](auto& d, auto& g, auto, auto&) { d.add(0, reel::transpose(g)); });
}

Var transpose(const Var& x, const Shape& order) {
  Tensor y = reel::transpose(x.value(), order);
  Shape inverse = order;
  for (std::size_t i = 0; i < order.size(); ++i) inverse[order[i]] = i;
  return record("transpose", {x}, std::move(y), [inverse](auto& d, auto& g, auto, auto&) {
    d.add(0, reel::transpose(g, inverse));
  });
}

Var broadcast_to(const Var& x, const Shape& shape) {  // the sink sums g to the shape of x
  return record("broadcast_to", {x}, reel::broadcast_to(x.value(), shape),
                [](auto& d, auto& g, auto, auto&) { d.add(0, g); });
}

Var sum_to(const Var& x, const Shape& shape) {
  return record(
      "sum_to", {x}, reel::sum_to(x.value(), shape),
      [](auto& d, auto& g, auto in, auto&) { d.add(0, reel::broadcast_to(g, in[0].shape())); });
}

Var flatten(const Var& x) { return reshape(x, {x.value().size()}); }

Var squeeze(const Var& x, const Axes& axes) {
  const auto named = axes.mask(x.shape(), "squeeze");
  Shape shape;
  for (std::size_t i = 0; i < named.size(); ++i) {
    const std::size_t size = x.shape()[i];
    if (named[i] && !axes.all() && size != 1)
      fail_usage("squeeze", "axis ", i, " of ", to_string(x.shape()), " has not size 1.");
    if (!named[i] || size != 1) shape.push_back(size);
  }
  return reshape(x, shape);
}

Var expand_dims(const Var& x, int axis) {
  const std::size_t position = new_axis(x.shape(), axis, "expand_dims");
  Shape shape;
  for (std::size_t i = 0; i <= x.shape().size(); ++i) {
    if (i == position) shape.push_back(1);
    if (i < x.shape().size()) shape.push_back(x.shape()[i]);
  }
  return reshape(x, shape);
}

}  // namespace reel::inline REEL_PRECISION
