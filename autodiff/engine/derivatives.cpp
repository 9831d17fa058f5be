// Computes Jacobians and Hessian products by backward sweeps.
#include <reel/autodiff/engine/derivatives.h>

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
