// Moves the inputs of a program, and differentiates the program.
#include <reel/autodiff/inspect/check/program.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/product.h>
#include <reel/autodiff/ops/reduction.h>

namespace reel::inline REEL_PRECISION {
namespace detail {
namespace {

double dot(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += static_cast<double>(a.data()[i]) * static_cast<double>(b.data()[i]);
  return sum;
}

// grad(c.output, c.inputs, {.create_graph = true, .seed = seed}), rule by rule.
std::vector<Var> attributed_grad(Tape& tape, const Computation& c, const Var& seed,
                                 Origins& origins) {
  std::vector<Var> slots(tape.size());
  origins.makers.resize(tape.size(), Origins::none);
  const std::uint32_t last = tape.node_of(c.output, "check");
  if (last != Input::constant) slots[last] = seed;
  for (auto i = static_cast<std::uint32_t>(slots.size()); i-- > 0;) {
    if (!slots[i] || !tape.node(i).code) continue;
    apply_rule(tape, i, Gradients<Var>{slots.data()}, Var(slots[i]));
    for (std::size_t k = 0; k < tape.node(i).input_count; ++k) {
      const std::uint32_t to = tape.node(i).inputs[k].node;
      if (to != Input::constant && slots[to] && !slots[to].requires_grad())
        slots[to] = tape.variable(slots[to].shared());
    }
    origins.makers.resize(tape.size(), i);
  }
  std::vector<Var> result;
  for (const Var& x : c.inputs) {
    const std::uint32_t node = tape.node_of(x, "check");
    const bool reached = node < slots.size() && slots[node];
    result.push_back(reached ? slots[node] : Var(zeros(x.shape())));
  }
  return result;
}

}  // namespace

Point::Point(const std::vector<Tensor>& inputs) : inputs_(inputs) {
  for (const Tensor& input : inputs_) starts_.push_back(starts_.back() + input.size());
}

Point::Place Point::place(std::size_t e) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), e);
  const auto input = static_cast<std::size_t>(after - starts_.begin()) - 1;
  return {input, e - starts_[input]};
}

// So many that the last step is as small beside an element of this size as the usual last is
// beside 1.
int levels_for(double size) {
  int levels = Differences::usual_levels;
  for (; size > 0 && size < 1; size *= 8) ++levels;
  return levels;
}

Line Point::line(std::size_t e, double step) const {
  Line result = line(e, e, {}, step);
  result.end = e + 1;
  const Place at = place(e);
  result.direction[at.input].data()[at.element] = 1;
  const double x = inputs_[at.input].data()[at.element];
  result.step *= std::max(1.0, std::abs(x));
  result.levels = levels_for(std::abs(x));
  return result;
}

Line Point::line(std::size_t begin, std::size_t end, const std::vector<double>& weights,
                 double step) const {
  Line result{begin, end, {}, step};
  for (const Tensor& input : inputs_) result.direction.push_back(zeros(input.shape()));
  for (std::size_t e = begin; e < end; ++e) {
    const Place at = place(e);
    const double x = inputs_[at.input].data()[at.element];
    result.direction[at.input].data()[at.element] =
        static_cast<Real>(weights[e] * std::max(1.0, std::abs(x)));
    // one number near 0 among many must not cost all of them hundreds of steps
    if (x != 0) result.levels = std::max(result.levels, levels_for(std::max(std::abs(x), 1e-12)));
  }
  return result;
}

std::vector<Tensor> Point::on(const Line& line, double t) const {
  std::vector<Tensor> moved = inputs_;
  for (std::size_t i = 0; i < moved.size(); ++i)
    moved[i] += static_cast<Real>(t) * line.direction[i];
  return moved;
}

Values values_on(const Subject& subject, const Point& point, const Line& line, double t) {
  try {
    Tape tape;  // the program may differentiate inside
    const Tensor y = subject.program(tape, point.on(line, t)).output.value();
    if (y.shape() == subject.shape)
      return subject.u ? std::vector{dot(*subject.u, y)} : std::vector<double>(y.begin(), y.end());
  } catch (const Error&) {  // the program is not defined there
  }
  return Values(subject.u ? 1 : element_count(subject.shape),
                std::numeric_limits<double>::quiet_NaN());
}

Analytic along(const Line& line, const std::vector<Var>& gradients) {
  Analytic sum{0, 0};
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const Tensor &g = gradients[i].value(), &direction = line.direction[i];
    for (std::size_t j = 0; j < g.size(); ++j) {
      if (direction.data()[j] == 0) continue;  // it may be NaN there
      const double term = static_cast<double>(direction.data()[j]) * g.data()[j];
      sum = {sum.value + term, std::hypot(sum.scale, term)};
    }
  }
  return sum;
}

double random_weight(Rng& rng) { return (rng.next() % 2 ? 1 : -1) * rng.uniform(0.5, 1.5); }

Tensor random_weights(const Shape& shape, Rng& rng) {
  Tensor t = uninitialized(shape);
  for (Real& x : t.storage()) x = static_cast<Real>(random_weight(rng));
  return t;
}

Program projected_gradient(const Program& f, const Rng& random, Origins* origins) {
  return [=](Tape& tape, const std::vector<Tensor>& at) -> Computation {
    Rng rng = random;
    const Computation c = f(tape, at);
    const Var u = random_weights(c.output.shape(), rng);
    const auto gradients =
        origins ? attributed_grad(tape, c, u, *origins)
                : grad(on_tape(c.output), c.inputs, {.create_graph = true, .seed = u});
    Var total = Real(0);
    for (const Var& g : gradients) total = total + sum(g * random_weights(g.shape(), rng));
    return {c.inputs, total};
  };
}

}  // namespace detail
}  // namespace reel::inline REEL_PRECISION
