// The step of L-BFGS, and its saved state.
#include <reel/optim/lbfgs.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <reel/autodiff/core/file.h>
#include <reel/optim/groups.h>
#include <reel/optim/lbfgs_search.h>
#include <reel/optim/minimize/problem.h>
#include <reel/optim/options.h>
#include <reel/optim/vectors.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

constexpr double least_curvature = 1e-10;  // least s·y of a pair that is stored

// max |xᵢ| and Σ |xᵢ|
double largest(const Tensor& x) {
  double most = 0;
  for (const Real value : x.storage()) most = std::max(most, std::abs(static_cast<double>(value)));
  return most;
}
double sum_of_sizes(const Tensor& x) {
  double sum = 0;
  for (const Real value : x.storage()) sum += std::abs(static_cast<double>(value));
  return sum;
}

void refuse_diverged(double loss, const Tensor& gradient) {
  const bool finite = std::isfinite(loss);
  if (finite && all_finite(gradient)) return;
  fail(Error::Kind::diverged, "lbfgs", finite ? "the gradient" : "the loss",
       " is not finite; the loss is ", loss, ". Hint: a smaller lr, or strong_wolfe.");
}

std::string key(std::string_view name, std::size_t i) { return concat(name, ' ', i); }

}  // namespace

Lbfgs::Lbfgs(std::vector<Parameter> parameters, const LbfgsOptions& options)
    : parameters_(std::move(parameters)), options_(options), pairs_(options.history) {
  if (parameters_.empty()) fail_usage("lbfgs", "was given no parameters.");
  refuse_twice("lbfgs", parameters_);
  for (const Parameter& parameter : parameters_) shapes_.push_back(parameter.value().shape());
  set_lr(options.lr);
  const auto check = [](std::string_view option, double value) {
    expect_option("lbfgs", option, value, value >= 0 && std::isfinite(value), "finite and ≥ 0");
  };
  check("gradient_tolerance", options.gradient_tolerance);
  check("change_tolerance", options.change_tolerance);
  expect_option("lbfgs", "iterations", 0, options.iterations > 0, "positive");
  expect_option("lbfgs", "history", 0, options.history > 0, "positive");
  if (options.evaluations == 0) options_.evaluations = options.iterations + options.iterations / 4;
}

void Lbfgs::set_lr(double lr) {
  expect_option("lbfgs", "lr", lr, lr >= 0 && std::isfinite(lr), "finite and ≥ 0");
  options_.lr = lr;
}

double Lbfgs::step(const Evaluate& evaluate) {
  if (!evaluate) fail_usage("lbfgs", "was given an empty function to evaluate.");
  check_shapes();
  Tensor p = values_of(parameters_);
  const auto leave = [&] {
    for (Parameter& parameter : parameters_) parameter.clear_gradient();
    set_values(parameters_, p);
  };
  try {
    const double loss = iterate(evaluate, p);
    leave();
    return loss;
  } catch (...) {
    leave();
    throw;
  }
}

// Moves p to each accepted place. Returns the loss at the start.
double Lbfgs::iterate(const Evaluate& evaluate, Tensor& p) {
  const double change = options_.change_tolerance;
  const std::size_t evaluations_before = evaluations_;
  Place at = evaluate_at(evaluate, p);
  refuse_diverged(at.loss, at.gradient);
  const double start = at.loss;
  if (largest(at.gradient) <= options_.gradient_tolerance) return start;
  for (std::size_t i = 1; i <= options_.iterations; ++i) {
    update_direction(at.gradient);
    const double before = at.loss, slope = inner(at.gradient, direction_);
    double t = options_.lr;
    if (iterations_ == 0) t *= std::min(1.0, 1 / sum_of_sizes(at.gradient));
    const bool flat = slope > -change;
    if (!flat) {
      if (options_.strong_wolfe)
        at = search(evaluate, p, at, slope, t);
      else if (i < options_.iterations)
        at = go(evaluate, along(p, t, direction_));
      add_to(p, t, direction_);
    }
    length_ = t;  // also if flat: like PyTorch, the next step assumes that it was made
    ++iterations_;
    if (flat || evaluations_ - evaluations_before >= options_.evaluations ||
        largest(at.gradient) <= options_.gradient_tolerance || t * largest(direction_) <= change ||
        std::abs(at.loss - before) < change)
      break;
  }
  return start;
}

Lbfgs::Place Lbfgs::go(const Evaluate& evaluate, const Tensor& p) {
  Place place = evaluate_at(evaluate, p);
  refuse_diverged(place.loss, place.gradient);
  return place;
}

// Searches along the direction from p. `t` is the first length to try; it becomes the accepted
// length.
Lbfgs::Place Lbfgs::search(const Evaluate& evaluate, const Tensor& p, const Place& from,
                           double slope, double& t) {
  const auto at = [&](double length) -> LbfgsTrial {
    Place place = evaluate_at(evaluate, along(p, length, direction_));
    const double there = inner(place.gradient, direction_);
    return {length, place.loss, there, std::move(place.gradient)};
  };
  LbfgsTrial end = search_wolfe(at, {0, from.loss, slope, from.gradient}, t, largest(direction_));
  t = end.t;
  return {end.loss, std::move(end.gradient)};
}

void Lbfgs::update_direction(const Tensor& gradient) {
  if (iterations_ > 0) {
    CurvaturePair pair(static_cast<Real>(length_) * direction_, gradient - gradient_);
    if (pair.sy > least_curvature) pairs_.push(std::move(pair));
  }
  direction_ = pairs_.direction(gradient);
  gradient_ = gradient;
  length_ = 0;  // until a step is made
}

Lbfgs::Place Lbfgs::evaluate_at(const Evaluate& evaluate, const Tensor& p) {
  for (Parameter& parameter : parameters_) parameter.clear_gradient();
  set_values(parameters_, p);
  Place place{evaluate(), zeros(p.shape())};
  ++evaluations_;
  check_shapes();
  bool any = false;
  Real* to = place.gradient.data();
  for (const Parameter& parameter : parameters_) {
    const SharedTensor& gradient = parameter.gradient();
    if (gradient) std::copy(gradient->begin(), gradient->end(), to);
    any = any || gradient;
    to += parameter.value().size();
  }
  if (!any)
    fail_usage("lbfgs",
               "no parameter has a gradient. Hint: call tape.backward(loss) in what it "
               "evaluates.");
  return place;
}

void Lbfgs::check_shapes() const {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Parameter& parameter = parameters_[i];
    if (parameter.shape() != shapes_[i])
      fail_usage("lbfgs", "parameter \"", parameter.name(), "\" has shape ",
                 to_string(parameter.shape()), ", it was given with ", to_string(shapes_[i]), '.');
  }
}

State Lbfgs::state() const {
  State state{"lbfgs"};
  state.put("lr", options_.lr);
  state.put("iterations", static_cast<double>(iterations_));
  state.put("evaluations", static_cast<double>(evaluations_));
  state.put("length", length_);
  state.put("parameters", static_cast<double>(shapes_.size()));
  for (std::size_t i = 0; i < shapes_.size(); ++i)
    state.fields[key("shape", i)] = to_string(shapes_[i]);
  if (iterations_ > 0) state.tensors = {{"direction", direction_}, {"gradient", gradient_}};
  const auto& pairs = pairs_.pairs();
  state.put("pairs", static_cast<double>(pairs.size()));
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    state.tensors[key("s", i)] = pairs[i].s;
    state.tensors[key("y", i)] = pairs[i].y;
  }
  return state;
}

void Lbfgs::set_state(const State& state) {
  state.expect_kind("lbfgs");
  if (const std::size_t count = state.count("parameters"); count != shapes_.size())
    fail_usage("lbfgs", "the state has ", count, " parameters, expected ", shapes_.size(), '.');
  std::size_t n = 0;
  for (std::size_t i = 0; i < shapes_.size(); ++i) {
    if (const std::string& shape = state.field(key("shape", i)); shape != to_string(shapes_[i]))
      fail_usage("lbfgs", "parameter \"", parameters_[i].name(), "\" has shape ",
                 to_string(shapes_[i]), ", in the state ", in_quotes(shape), '.');
    n += element_count(shapes_[i]);
  }
  Lbfgs made = *this;
  made.set_lr(state.number("lr"));
  made.length_ = state.number("length");
  made.iterations_ = state.count("iterations");
  made.evaluations_ = state.count("evaluations");
  if (made.iterations_ > 0) {
    made.direction_ = state.tensor("direction", {n});
    made.gradient_ = state.tensor("gradient", {n});
  }
  const std::size_t pairs = state.count("pairs");
  if (pairs > options_.history)
    fail_usage("lbfgs", "the state remembers ", pairs, " pairs, history = ", options_.history, '.');
  made.pairs_.clear();
  for (std::size_t i = 0; i < pairs; ++i) {
    CurvaturePair pair(state.tensor(key("s", i), {n}), state.tensor(key("y", i), {n}));
    if (!(pair.sy > 0)) fail_usage("lbfgs", "the state's pair ", i, " has no positive s·y.");
    made.pairs_.push(std::move(pair));
  }
  *this = std::move(made);
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
