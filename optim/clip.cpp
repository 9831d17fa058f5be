// Computes norms of gradients, and bounds them.
#include <reel/optim/clip.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/tensor/evaluate.h>
#include <reel/optim/groups.h>
#include <reel/optim/vectors.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

using reel::detail::elements_at_once;

// Applies f to every entry of every gradient.
template <class F>
void change(const std::vector<Parameter>& parameters, F&& f) {
  for (Parameter parameter : parameters) {
    if (!parameter.gradient()) continue;
    if (!parameter.gradient().unique()) parameter.set_gradient(Tensor(*parameter.gradient()));
    Tensor& gradient = parameter.gradient().mutate();
    parallel_ranges(gradient.size(), elements_at_once, [&, to = gradient.data()](Range part) {
      for (std::size_t i = part.begin; i < part.end; ++i) to[i] = f(to[i]);
    });
  }
}

double norm(std::string_view where, const std::vector<Parameter>& parameters) {
  refuse_twice(where, parameters);
  double sum = 0;
  for (const Parameter& parameter : parameters) {
    if (!parameter.gradient()) continue;
    sum += inner(*parameter.gradient(), *parameter.gradient());
  }
  return std::sqrt(sum);
}

}  // namespace

double gradient_norm(const std::vector<Parameter>& parameters) {
  return norm("gradient_norm", parameters);
}

double clip_gradient_norm(const std::vector<Parameter>& parameters, double most) {
  if (!(most >= 0 && std::isfinite(most)))
    fail_usage("clip_gradient_norm", "most = ", most, " is not finite and ≥ 0.");
  const double total = norm("clip_gradient_norm", parameters);
  const Real factor = static_cast<Real>(most / (total + 1e-6));
  if (!(factor >= 1)) change(parameters, [=](Real g) { return factor * g; });
  return total;
}

void clip_gradient_value(const std::vector<Parameter>& parameters, double limit) {
  if (!(limit >= 0)) fail_usage("clip_gradient_value", "limit = ", limit, " is not ≥ 0.");
  refuse_twice("clip_gradient_value", parameters);
  const Real bound = static_cast<Real>(limit);
  change(parameters, [=](Real g) { return std::clamp(g, -bound, bound); });
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
