// Computes Jacobians and Hessian products by backward sweeps.
#include <reel/autodiff/engine/derivatives.h>

#include <algorithm>

#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/selection.h>
#include <reel/autodiff/ops/shape.h>
#include <reel/autodiff/ops/slices.h>

namespace reel::inline REEL_PRECISION {

Var detail::jacobian_of(const Var& y, const Var& x, bool create_graph) {
  std::vector<Var> rows;
  for (std::size_t i = 0; i < y.value().size(); ++i) {
    Tensor seed = zeros(y.shape());
    seed.data()[i] = 1;
    rows.push_back(grad(y, x, {.create_graph = create_graph, .seed = std::move(seed)}));
  }
  Shape shape = y.shape();
  for (const std::size_t size : x.shape()) shape.push_back(size);
  return rows.empty() ? zeros(shape) : reshape(stack(rows), shape);
}

Var detail::forward_product(const Var& y, const Var& x, const Var& v, bool create_graph) {
  const Var u = Tape::innermost()->variable(zeros(y.shape()));
  const Var backward = grad(y, x, {.create_graph = true, .seed = u});
  return grad(backward, u, {.create_graph = create_graph, .seed = v});
}

Var detail::row_copies(const Var& x, const Var& y) {
  if (x.value().dimension() != 2 || y.value().dimension() != 2 || x.shape()[0] != y.shape()[0])
    fail_usage("batch_jacobian", "takes a function (batch,n) → (batch,m), got ",
               to_string(x.shape()), " → ", to_string(y.shape()), '.');
  return repeat(x, y.shape()[1], 0);
}

Var detail::row_jacobians(const Var& x, const Var& y, const Var& copies, const Var& of_copies,
                          bool create_graph) {
  const std::size_t batch = y.shape()[0], m = y.shape()[1];
  if (of_copies.shape() != Shape{batch * m, m})
    fail_usage("batch_jacobian", "f gives ", to_string(y.shape()), " for ", batch, " rows, but ",
               to_string(of_copies.shape()), " for ", batch * m, " rows.");
  Tensor seed = zeros({batch * m, m}), of_first = seed;
  for (std::size_t row = 0; row < batch * m; ++row) seed(row, row % m) = 1;
  for (std::size_t i = 0; batch > 0 && i < m; ++i) of_first(0, i) = static_cast<Real>(i + 1);
  const Var root = on_tape(of_copies);
  const Tensor g = grad(root, copies, {.seed = of_first}).value();  // 0 outside the first row
  if (std::any_of(g.data() + std::min(g.size(), x.shape()[1]), g.data() + g.size(),
                  [](Real value) { return value != 0; }))
    fail_usage("batch_jacobian",
               "a row of f(x) depends on other rows of x. Hint: is batch norm in training mode, or "
               "does f reduce over all axes?");
  const Var rows = grad(root, copies, {.create_graph = create_graph, .seed = std::move(seed)});
  return reshape(rows, {batch, m, x.shape()[1]});
}

void detail::check_direction(const char* where, const Var& x, const Var& v) {
  if (x.shape() != v.shape())
    fail_usage(where, "the direction has shape ", to_string(v.shape()), ", x ",
               to_string(x.shape()), '.');
}

std::vector<Var> hvp(const Var& y, std::span<const Var> xs, std::span<const Var> vs,
                     const GradOptions& options) {
  if (xs.size() != vs.size())
    fail_usage("hvp", xs.size(), " variables and ", vs.size(), " directions.");
  for (std::size_t i = 0; i < xs.size(); ++i) detail::check_direction("hvp", xs[i], vs[i]);
  const std::vector<Var> gradients =
      grad(y, xs, {.create_graph = true, .seed = options.seed, .partial = options.partial});
  return grad(gradients, vs, xs,
              {.create_graph = options.create_graph, .partial = options.partial});
}

std::vector<Var> hvp(const Var& y, std::span<const Parameter> parameters, std::span<const Var> vs,
                     const GradOptions& options) {
  const std::vector<Var> xs(parameters.begin(), parameters.end());
  return hvp(y, std::span<const Var>(xs), vs, options);
}

}  // namespace reel::inline REEL_PRECISION
