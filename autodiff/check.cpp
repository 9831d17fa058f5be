// The gradient checker.
#include <reel/autodiff/check.h>

#include <cmath>
#include <utility>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/grad.h>
#include <reel/autodiff/ops.h>

namespace reel::inline REEL_PRECISION {
namespace {

struct Computation {
  std::vector<Var> inputs;
  Var output;
};

Computation run(const CheckedFunction& f, const std::vector<Tensor>& inputs, Tape& tape) {
  Computation c;
  for (const Tensor& input : inputs) c.inputs.push_back(tape.variable(input));
  c.output = f(c.inputs);
  return c;
}

Tensor value_at(const CheckedFunction& f, const std::vector<Tensor>& inputs) {
  Tape tape;  // f may differentiate inside
  return run(f, inputs, tape).output.value();
}

// ∂f/∂x by (f(x−2h) − 8f(x−h) + 8f(x+h) − f(x+2h)) / 12h, for each element of f's value
Tensor numeric_column(const CheckedFunction& f, std::vector<Tensor> inputs, std::size_t input,
                      std::size_t element, Real h) {
  const Real x = inputs[input].data()[element];
  Tensor sum;
  bool first = true;
  for (const auto& [offset, weight] : {std::pair<Real, Real>{-2, 1}, {-1, -8}, {1, 8}, {2, -1}}) {
    inputs[input].data()[element] = x + offset * h;
    const Tensor part = value_at(f, inputs) * (weight / (12 * h));
    sum = first ? part : Tensor(sum + part);
    first = false;
  }
  return sum;
}

class Comparison {
 public:
  Comparison(const CheckOptions& options, int order) : options_(options) { report_.order = order; }

  void compare(std::size_t input, std::size_t element, std::size_t output, Real analytic,
               Real numeric) {
    const double a = analytic, n = numeric;
    const double allowed = options_.atol + options_.rtol * std::abs(n);
    double excess = a == n ? 0 : std::abs(a - n) / allowed;
    if (std::isnan(excess)) excess = INFINITY;
    if (excess < report_.excess) return;
    report_ = {excess <= 1, report_.order, input, element, output, a, n, excess};
  }

  const CheckReport& report() const { return report_; }

 private:
  CheckOptions options_;
  CheckReport report_;
};

CheckReport check_first_order(const CheckedFunction& f, const std::vector<Tensor>& inputs,
                              const CheckOptions& options, int order) {
  Comparison comparison(options, order);
  std::vector<std::vector<Tensor>> numeric(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i)
    for (std::size_t j = 0; j < inputs[i].size(); ++j)
      numeric[i].push_back(numeric_column(f, inputs, i, j, static_cast<Real>(options.step)));
  Tape tape;
  const Computation c = run(f, inputs, tape);
  for (std::size_t k = 0; k < c.output.value().size(); ++k) {
    Tensor seed = zeros(c.output.shape());
    seed.data()[k] = 1;
    for (const bool create_graph : {false, true}) {
      const auto rows = grad(c.output, c.inputs, {.create_graph = create_graph, .seed = seed});
      for (std::size_t i = 0; i < inputs.size(); ++i)
        for (std::size_t j = 0; j < inputs[i].size(); ++j)
          comparison.compare(i, j, k, rows[i].value().data()[j], numeric[i][j].data()[k]);
    }
  }
  return comparison.report();
}

Tensor random_like(const Shape& shape, Rng& rng) {
  Tensor t = uninitialized(shape);
  for (Real& x : t.storage()) x = static_cast<Real>(rng.normal());
  return t;
}

// x ↦ Σ vᵢ·∂(u·f)/∂xᵢ with fixed random u and v: its gradient has every second derivative in it
CheckedFunction projected_gradient(const CheckedFunction& f) {
  return [f](std::span<const Var> xs) -> Var {
    Rng rng(7);
    const Var y = f(xs);
    const auto gradients = grad(y, xs, {.create_graph = true, .seed = random_like(y.shape(), rng)});
    Var total = Real(0);
    for (const Var& g : gradients) total = total + sum(g * random_like(g.shape(), rng));
    return total;
  };
}

}  // namespace

std::string CheckReport::describe() const {
  return concat("order ", order, ": ∂f[", output, "]/∂x", input, '[', element, "] is ", analytic,
                ", numerically ", numeric, ": ", excess, " times the allowed difference");
}

CheckReport check_gradients(const CheckedFunction& f, const std::vector<Tensor>& inputs,
                            const CheckOptions& options) {
  const CheckReport first = check_first_order(f, inputs, options, 1);
  if (options.order < 2 || !first.ok) return first;
  const CheckReport second = check_first_order(projected_gradient(f), inputs, options, 2);
  return second.ok && second.excess < first.excess ? first : second;
}

}  // namespace reel::inline REEL_PRECISION
