// Joining and selecting along an axis: the derivative of each operation is the opposite operation.
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/product.h>
#include <reel/autodiff/ops/shape.h>
#include <reel/autodiff/ops/slices.h>

namespace reel::inline REEL_PRECISION {

Var concatenate(std::span<const Var> parts, int axis) {  // each part gets its piece of g
  std::vector<const Tensor*> values;
  std::vector<std::size_t> ends;
  for (const Var& part : parts) values.push_back(&part.value());
  Tensor y = reel::concatenate(values, axis);
  const auto a = lanes(y.shape(), axis, "concatenate").axis;
  for (const Var& part : parts) ends.push_back((ends.empty() ? 0 : ends.back()) + part.shape()[a]);
  const std::vector<Operand> operands(parts.begin(), parts.end());
  return record("concatenate", operands, std::move(y),
                [axis, ends = std::move(ends)](auto& d, auto& g, auto, auto&) {
                  for (std::size_t i = 0; i < ends.size(); ++i)
                    if (d.wants(i))
                      d.add(i, reel::slice(g, axis, i == 0 ? 0 : ends[i - 1], ends[i]));
                });
}

Var concatenate(std::initializer_list<Var> parts, int axis) {
  return concatenate(std::span<const Var>(parts.begin(), parts.size()), axis);
}

Var stack(std::span<const Var> parts, int axis) {
  if (parts.empty()) fail_usage("stack", "there is nothing to join.");
  new_axis(parts[0].shape(), axis, "stack");
  std::vector<Var> expanded;
  for (const Var& part : parts) {
    if (part.shape() != parts[0].shape())
      fail_usage("stack", to_string(parts[0].shape()), " and ", to_string(part.shape()),
                 " differ in shape.");
    expanded.push_back(expand_dims(part, axis));
  }
  return concatenate(expanded, axis);
}

Var stack(std::initializer_list<Var> parts, int axis) {
  return stack(std::span<const Var>(parts.begin(), parts.size()), axis);
}

Var slice(const Var& x, int axis, std::size_t begin, std::size_t end, std::size_t step) {
  return record("slice", {x}, reel::slice(x.value(), axis, begin, end, step),
                [=](auto& d, auto& g, auto in, auto&) {
                  const std::size_t size = lanes(in[0].shape(), axis, "slice").n;
                  d.add(0, reel::embed(g, axis, size, begin, step));
                });
}

Var embed(const Var& x, int axis, std::size_t size, std::size_t begin, std::size_t step) {
  return record("embed", {x}, reel::embed(x.value(), axis, size, begin, step),
                [=](auto& d, auto& g, auto in, auto&) {
                  const std::size_t n = lanes(in[0].shape(), axis, "embed").n;
                  const std::size_t end = n == 0 ? begin : begin + (n - 1) * step + 1;
                  d.add(0, reel::slice(g, axis, begin, end, step));
                });
}

Var take(const Var& x, std::span<const std::size_t> indices, int axis) {
  return record("take", {x}, reel::take(x.value(), indices, axis),
                [axis, taken = std::vector(indices.begin(), indices.end())](auto& d, auto& g,
                                                                            auto in, auto&) {
                  const std::size_t size = lanes(in[0].shape(), axis, "take").n;
                  d.add(0, reel::scatter_add(g, taken, size, axis));
                });
}

Var take(const Var& x, std::initializer_list<std::size_t> indices, int axis) {
  return take(x, std::span<const std::size_t>(indices.begin(), indices.size()), axis);
}

Var scatter_add(const Var& x, std::span<const std::size_t> indices, std::size_t size, int axis) {
  return record("scatter_add", {x}, reel::scatter_add(x.value(), indices, size, axis),
                [axis, taken = std::vector(indices.begin(), indices.end())](
                    auto& d, auto& g, auto, auto&) { d.add(0, reel::take(g, taken, axis)); });
}

Var repeat(const Var& x, std::size_t count, int axis) {
  const Lanes l = lanes(x.shape(), axis, "repeat");
  Shape shape = x.shape();
  shape[l.axis] *= count;
  const Var columns = reshape(x, {l.outer, l.n, 1, l.inner});
  return reshape(broadcast_to(columns, {l.outer, l.n, count, l.inner}), shape);
}

}  // namespace reel::inline REEL_PRECISION
