// Evaluates an objective: records it on a tape, differentiates it, counts.
#include <reel/optim/minimize/problem.h>

#include <algorithm>
#include <utility>

#include <reel/autodiff/engine/derivatives.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/autodiff/ops/shape.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

std::size_t count_of(const std::vector<Parameter>& parameters) {
  if (parameters.empty()) fail_usage("minimize", "was given no parameters.");
  std::size_t n = 0;
  for (auto p = parameters.begin(); p != parameters.end(); ++p) {
    if (std::find(parameters.begin(), p, *p) != p)
      fail_usage("minimize", "parameter \"", p->name(), "\" was given twice.");
    n += p->value().size();
  }
  return n;
}

// The gradients with respect to the xs, concatenated, in θ's shape.
Tensor joined(const std::vector<Var>& gradients, const Shape& shape) {
  Tensor g = uninitialized(shape);
  Real* to = g.data();
  for (const Var& gradient : gradients)
    to = std::copy(gradient.value().begin(), gradient.value().end(), to);
  return g;
}

// v cut into parts of the xs' shapes.
std::vector<Var> split(const Tensor& v, const std::vector<Var>& xs) {
  std::vector<Var> parts;
  const Real* from = v.data();
  for (const Var& x : xs) {
    const std::size_t n = x.value().size();
    parts.emplace_back(from_values(x.shape(), {from, n}));
    from += n;
  }
  return parts;
}

[[noreturn]] void fail_independent() {
  fail_usage("minimize",
             "the objective does not depend on theta, so it has no gradient. Hint: compute it "
             "from the Var it is given, by Reel's operations, or from the parameters.");
}

void check_depends(const Var& y) {
  if (!y.requires_grad()) fail_independent();
}

// Throws Error if no path on the tape leads from y to one of the xs.
void check_path(Tape& tape, const Problem::Recorded& recorded) {
  const std::uint32_t last = tape.node_of(recorded.y, "minimize");
  std::vector<bool> reached(tape.size());
  reached[last] = true;
  for (std::uint32_t i = last + 1; i-- > 0;)
    if (reached[i])
      for (const Input& in : tape.node(i).input_list())
        if (in.node != Input::constant) reached[in.node] = true;
  for (const Var& x : recorded.xs)
    if (const std::uint32_t i = tape.node_of(x, "minimize"); i < reached.size() && reached[i])
      return;
  fail_independent();
}

}  // namespace

Tensor values_of(const std::vector<Parameter>& parameters) {
  Tensor theta = uninitialized({count_of(parameters)});
  Real* to = theta.data();
  for (const Parameter& parameter : parameters)
    to = std::copy(parameter.value().begin(), parameter.value().end(), to);
  return theta;
}

void set_values(std::vector<Parameter> parameters, const Tensor& theta) {
  if (const std::size_t n = count_of(parameters); theta.size() != n)
    fail_usage("minimize", "theta has ", theta.size(), " elements, the parameters ", n, '.');
  const Real* from = theta.data();
  for (Parameter& parameter : parameters) {
    Tensor& value = parameter.mutate();
    std::copy(from, from + value.size(), value.data());
    from += value.size();
  }
}

Problem::Problem(Objective f) {
  if (!f) fail_usage("minimize", "was given an empty objective.");
  record_ = [f = std::move(f)](const Tensor& theta) {
    // a constant if nothing is recorded
    const Var x = Tape::recording() ? Tape::recording()->variable(theta) : Var(theta);
    return Recorded{f(x), {x}};
  };
}

Problem Problem::least_squares(Objective residuals) {
  Problem problem(std::move(residuals));
  problem.residuals_ = true;
  return problem;
}

Problem::Problem(std::function<Var()> loss, std::vector<Parameter> parameters) {
  if (!loss) fail_usage("minimize", "was given an empty loss.");
  record_ = [loss = std::move(loss), parameters = std::move(parameters)](const Tensor& theta) {
    set_values(parameters, theta);
    return Recorded{loss(), {parameters.begin(), parameters.end()}};
  };
}

Problem::Recorded Problem::evaluate(const Tensor& theta) const { return record_(theta); }

Var Problem::objective_of(const Recorded& recorded) const {
  if (residuals_) return Real(0.5) * sum(square(recorded.y));
  if (recorded.y.value().size() != 1)
    fail_usage("minimize", "the objective has shape ", reel::to_string(recorded.y.shape()),
               ", it should be one number. Hint: sum() or mean() of it; minimize_least_squares "
               "takes residuals.");
  return recorded.y;
}

double Problem::value(const Tensor& theta) {
  const NoTape none;
  ++evaluations_.values;
  return static_cast<double>(objective_of(evaluate(theta)).item());
}

Point Problem::at(const Tensor& theta) { return Trial(*this, theta).point(); }

Point Problem::at(const Tensor& theta, bool gradient) {
  return gradient ? at(theta) : Point{theta, value(theta)};
}

Tensor Problem::hessian(const Tensor& theta) {
  Tape tape;
  const Recorded recorded = evaluate(theta);
  const Var y = objective_of(recorded);
  check_depends(y);
  ++evaluations_.hessians;
  const std::vector<Var> g = grad(y, recorded.xs, {.create_graph = true});
  const std::size_t n = theta.size();
  Tensor h = uninitialized({n, n});
  Real* row = h.data();
  for (std::size_t k = 0; k < g.size(); ++k) {
    Tensor unit = zeros(g[k].shape());
    for (std::size_t i = 0; i < unit.size(); ++i, row += n) {
      unit.data()[i] = 1;
      const Var of = g[k], seed = unit;
      const Tensor values =
          joined(grad(std::span(&of, 1), std::span(&seed, 1), recorded.xs), theta.shape());
      std::copy(values.begin(), values.end(), row);
      unit.data()[i] = 0;
    }
  }
  return h;
}

Residuals Problem::residuals(const Tensor& theta) {
  Tape tape;
  return residuals_of(evaluate(theta), theta.shape());
}

Residuals Problem::residuals_of(const Recorded& recorded, const Shape& shape) {
  if (!residuals_)
    fail_usage("minimize",
               "the objective is no vector of residuals. Hint: minimize_least_squares(residuals, "
               "start, …).");
  check_depends(recorded.y);
  ++evaluations_.jacobians;
  const std::size_t m = recorded.y.value().size(), n = element_count(shape);
  Residuals result{reel::reshape(recorded.y.value(), {m}), uninitialized({m, n})};
  Tensor unit = zeros(recorded.y.shape());
  for (std::size_t i = 0; i < m; ++i) {
    unit.data()[i] = 1;
    const Tensor row =
        joined(grad(std::span(&recorded.y, 1), std::vector<Var>{Var(unit)}, recorded.xs), shape);
    std::copy(row.begin(), row.end(), result.jacobian.data() + i * n);
    unit.data()[i] = 0;
  }
  return result;
}

Trial::Trial(Problem& problem, const Tensor& theta) : problem_(problem), theta_(theta) {
  ++problem.evaluations_.values;
  recorded_ = problem.evaluate(theta);
  y_ = problem.objective_of(recorded_);
}

Point Trial::point() {
  check_depends(y_);
  ++problem_.evaluations_.gradients;
  Point at{theta_, value(), joined(grad(y_, recorded_.xs), theta_.shape())};
  const auto is_zero = [](Real g) { return g == 0; };
  if (std::all_of(at.gradient.begin(), at.gradient.end(), is_zero)) check_path(tape_, recorded_);
  return at;
}

Curvature::Curvature(Problem& problem, const Tensor& theta)
    : problem_(problem), recorded_(problem.evaluate(theta)) {
  const Var y = problem.objective_of(recorded_);
  check_depends(y);
  gradients_ = grad(y, recorded_.xs, {.create_graph = true});
}

Tensor Curvature::product(const Tensor& v) {
  ++problem_.evaluations_.hessian_products;
  return joined(grad(gradients_, split(v, recorded_.xs), recorded_.xs), v.shape());
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
