// The loop that all methods share, and the conditions that end it.
#include <reel/optim/minimize/minimize.h>

#include <algorithm>
#include <cmath>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

Tolerances merged(Tolerances own, const MinimizeOptions& options) {
  own.gradient = options.gradient_tolerance.value_or(own.gradient);
  own.norm = options.gradient_norm.value_or(own.norm);
  own.value = options.value_tolerance.value_or(own.value);
  own.step = options.step_tolerance.value_or(own.step);
  for (const double tolerance : {own.gradient, own.value, own.step})
    if (std::isnan(tolerance)) fail_usage("minimize", "a tolerance is NaN.");
  return own;
}

double distance(const Tensor& a, const Tensor& b) {
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    squares += std::pow(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i]), 2);
  return std::sqrt(squares);
}

bool finite(const Point& point) {
  return std::isfinite(point.value) && std::all_of(point.gradient.begin(), point.gradient.end(),
                                                   [](Real g) { return std::isfinite(g); });
}

// Why the iteration from one point to another is the last one; empty if it is not.
std::string converged_by(const Tolerances& tolerances, const Point& before, const Point& now) {
  if (tolerances.value > 0) {
    const double change = std::abs(before.value - now.value);
    const double scale = std::max({std::abs(before.value), std::abs(now.value), 1.0});
    if (change <= tolerances.value * scale)
      return concat("the value changed by ", change, ", at most ", tolerances.value, " of ", scale);
  }
  if (tolerances.step > 0) {
    const double moved = distance(before.theta, now.theta);
    const double length = norm_of(now.theta, Norm::l2);
    if (moved <= tolerances.step * (tolerances.step + length))
      return concat("theta moved by ", moved, ", at most ", tolerances.step, " of ", length);
  }
  return {};
}

Result minimize_problem(Problem& problem, const Tensor& start, const Method& method,
                        const MinimizeOptions& options) {
  History history(options.keep_points);
  detail::Descent end = detail::descend(problem, start, method, options, history);
  if (end.error && history.size() == 0) std::rethrow_exception(end.error);
  const Norm norm = merged(method.tolerances, options).norm;
  const double gradient_norm =
      method.gradients ? norm_of(end.at.gradient, norm) : std::numeric_limits<double>::quiet_NaN();
  return {std::move(end.at.theta),
          end.at.value,
          gradient_norm,
          end.status,
          std::move(end.message),
          end.iterations,
          problem.evaluations(),
          std::move(history),
          end.error};
}

}  // namespace

double norm_of(const Tensor& x, Norm norm) {
  double total = 0;
  for (const Real element : x) {
    const double size = std::abs(static_cast<double>(element));
    if (std::isnan(size)) return size;
    switch (norm) {
      case Norm::max:
        total = std::max(total, size);
        break;
      case Norm::l1:
        total += size;
        break;
      case Norm::l2:
        total = std::hypot(total, size);
        break;
    }
  }
  return total;
}

const char* to_string(Status status) {
  switch (status) {
    case Status::converged:
      return "converged";
    case Status::iteration_limit:
      return "iteration limit";
    case Status::diverged:
      return "diverged";
    case Status::stalled:
      return "stalled";
    case Status::stopped:
      return "stopped";
    case Status::failed:
      return "failed";
  }
  return "";
}

namespace detail {

Descent descend(Problem& problem, const Tensor& start, const Method& method,
                const MinimizeOptions& options, History& history) {
  if (!method.make) fail_usage("minimize", "was given an empty method.");
  const Tolerances tolerances = merged(method.tolerances, options);
  const std::size_t limit = options.iterations.value_or(method.iterations);
  Descent run{{start, std::numeric_limits<double>::quiet_NaN()}, {}, {}, 0, {}};
  const auto end = [&](Status status, std::string message) {
    run.status = status;
    run.message = std::move(message);
    return run;
  };
  const auto failed = [&](const char* what) {
    run.error = std::current_exception();
    return end(Status::failed, concat("the objective threw: ", what));
  };
  const auto track = [&](const Point& point) {
    history.add(point.theta, point.value, problem.evaluations());
  };
  if (method.residuals && !problem.has_residuals())
    fail_usage("minimize", method.name,
               " needs residuals. Hint: minimize_least_squares(residuals, start, …).");
  const std::unique_ptr<Algorithm> algorithm = method.make();
  Point at;
  history.begin_run();
  try {
    at = algorithm->begin(problem, start, method.gradients);
  } catch (const std::exception& error) {
    return failed(error.what());
  } catch (...) {
    return failed("no std::exception");
  }
  track(at);
  while (true) {
    if (!finite(at))
      return end(Status::diverged, concat(std::isfinite(at.value) ? "the gradient" : "the value",
                                          " at point ", history.size(), " is not finite"));
    run.at = at;
    if (method.gradients) {
      const double size = norm_of(at.gradient, tolerances.norm);
      if (size <= tolerances.gradient)
        return end(Status::converged,
                   concat("the gradient's norm is ", size, ", at most ", tolerances.gradient));
    }
    if (run.iterations == limit)
      return end(Status::iteration_limit, concat("after ", run.iterations, " iterations"));
    if (options.stop && options.stop())
      return end(Status::stopped, concat("stopped after ", run.iterations, " iterations"));
    try {
      if (!algorithm->advance(problem, at, history)) {
        const Algorithm::Ending why = algorithm->ending();
        return end(why.status, concat(why.message, " after ", run.iterations, " iterations"));
      }
    } catch (const std::exception& error) {
      return failed(error.what());
    } catch (...) {
      return failed("no std::exception");
    }
    ++run.iterations;
    if (!method.adds_points) track(at);
    if (options.on_iteration) options.on_iteration({run.iterations, at, problem.evaluations()});
    if (!finite(at)) continue;
    if (std::string why = converged_by(tolerances, run.at, at); !why.empty()) {
      run.at = std::move(at);
      return end(Status::converged, std::move(why));
    }
  }
}

}  // namespace detail

Result minimize(const Objective& f, const Tensor& start, const Method& method,
                const MinimizeOptions& options) {
  Problem problem(f);
  return minimize_problem(problem, start, method, options);
}

Result minimize(const std::function<Var()>& loss, const std::vector<Parameter>& parameters,
                const Method& method, const MinimizeOptions& options) {
  Problem problem(loss, parameters);
  Result result = minimize_problem(problem, values_of(parameters), method, options);
  set_values(parameters, result.theta);
  return result;
}

Result minimize_least_squares(const Objective& residuals, const Tensor& start, const Method& method,
                              const MinimizeOptions& options) {
  Problem problem = Problem::least_squares(residuals);
  return minimize_problem(problem, start, method, options);
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
