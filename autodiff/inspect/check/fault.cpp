// Computes the error of each operation in a wrong derivative.
#include <reel/autodiff/inspect/check/fault.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/tape.h>

namespace reel::inline REEL_PRECISION {
namespace detail {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

// A copy of the values on a tape: for each node the values of its inputs, then its own value.
// Copies are needed, because the values of parameters change.
struct Trace {
  struct Step {
    const char* operation;
    std::vector<Tensor> values;
  };
  std::vector<Step> steps;

  explicit Trace(const Tape& tape) {
    for (std::size_t i = 0; i < tape.size(); ++i) {
      const Tape::Node& node = tape.node(i);
      steps.push_back({node.operation, {}});
      for (const Input& in : node.input_list()) steps.back().values.push_back(*in.value);
      steps.back().values.push_back(*node.value);
    }
  }

  bool operator==(const Trace& other) const {  // compares the structure, not the numbers
    const auto same_shape = [](const Tensor& a, const Tensor& b) { return a.shape() == b.shape(); };
    const auto same = [&](const Step& s, const Step& t) {
      return s.operation == t.operation && std::equal(s.values.begin(), s.values.end(),
                                                      t.values.begin(), t.values.end(), same_shape);
    };
    return std::equal(steps.begin(), steps.end(), other.steps.begin(), other.steps.end(), same);
  }
};

// How the values on a tape change along the line.
class Motion {
 public:
  explicit Motion(const Suspect& suspect) : step_(suspect.step) {
    for (const double offset : {-2, -1, 1, 2}) {
      Tape tape;
      suspect.program(tape, suspect.line(offset * step_));
      traces_.emplace_back(tape);
    }
  }

  bool follows(const Trace& trace) const {
    return std::count(traces_.begin(), traces_.end(), trace) == 4;
  }

  Values velocity(std::size_t node) const {  // by the five-point stencil
    const double weights[] = {1, -8, 8, -1};
    Values sum(traces_[0].steps[node].values.back().size(), 0.0);
    for (std::size_t p = 0; p < 4; ++p) {
      const Tensor& value = traces_[p].steps[node].values.back();
      for (std::size_t j = 0; j < sum.size(); ++j)
        sum[j] += weights[p] * value.data()[j] / (12 * step_);
    }
    return sum;
  }

  bool moves(std::size_t node, std::size_t input) const {
    const auto value = [&](std::size_t p) -> const Tensor& {
      return traces_[p].steps[node].values[input];
    };
    return value(0) != value(1) || value(0) != value(3);
  }

 private:
  double step_;
  std::vector<Trace> traces_;
};

double dot(const Tensor& a, const Values& b) {
  return std::inner_product(b.begin(), b.end(), a.data(), 0.0);
}

bool is_finite(const Tensor& t) {
  return std::all_of(t.begin(), t.end(), [](Real x) { return std::isfinite(x); });
}

// gᵢ·(vᵢ − Jᵢ·v_inputs of i) for each node i; infinite if the rule turns a finite gᵢ into a
// gradient that is not finite. And the value that all errors should add up to.
struct Errors {
  Values of;
  double difference;
};

template <class Gradient>
Errors errors(Tape& tape, const std::vector<Gradient>& g, const Motion& motion,
              const Origins& origins, double numeric) {
  std::vector<Values> velocities;
  for (std::size_t i = 0; i < g.size(); ++i) velocities.push_back(motion.velocity(i));
  std::vector<Gradient> slots(g.size());
  Errors result{Values(g.size(), 0.0), numeric};
  for (std::uint32_t i = 0; i < g.size(); ++i) {
    const double whole = dot(value_of(g[i]), velocities[i]);
    const bool operation = tape.node(i).code;
    const bool input_of_f = !operation && origins.maker(i) == Origins::none;
    if (input_of_f) result.difference -= whole;
    if (input_of_f || !is_finite(value_of(g[i]))) continue;
    double& error = result.of[i] = whole;
    if (operation) apply_rule(tape, i, Gradients<Gradient>{slots.data()}, g[i]);
    for (const Input& in : tape.node(i).input_list())
      if (in.node != Input::constant && slots[in.node]) {
        const Gradient handed = std::exchange(slots[in.node], {});
        error -= dot(value_of(handed), velocities[in.node]);
      }
    if (!std::isfinite(error)) error = infinite;
  }
  return result;
}

Errors errors(const Suspect& suspect, Tape& tape, const Var& y, const Motion& motion) {
  std::vector<Var> nodes;
  for (std::uint32_t i = 0; i < tape.size(); ++i) nodes.push_back(tape.var(i));
  const bool recorded = suspect.sweep == Sweep::recorded;
  const auto g = grad(y, nodes, {.create_graph = recorded, .seed = suspect.seed});
  const double numeric = dot(*suspect.seed, motion.velocity(tape.node_of(y, "check")));
  if (recorded) return errors(tape, g, motion, *suspect.origins, numeric);
  std::vector<SharedTensor> tensors;
  for (const Var& v : g) tensors.push_back(v.shared());
  const NoTape suspended;
  return errors(tape, tensors, motion, *suspect.origins, numeric);
}

// "add" (2,3), (3) → (2,3) in net.2, operation 2 of 5
std::string place_of(const Tape& tape, std::size_t i, std::size_t end) {
  const Tape::Node& node = tape.node(i);
  std::string text = concat('"', node.operation, "\" ");
  for (const Input& in : node.input_list())
    text += concat(&in == node.inputs ? "" : ", ", to_string(in.value->shape()));
  text += concat(" → ", to_string(node.value->shape()));
  if (node.scope) text += concat(" in ", node.scope);
  std::size_t before = 0, all = 0;
  for (std::size_t j = 0; j < end; ++j) {
    const bool operation = tape.node(j).code;
    before += operation && j <= i;
    all += operation;
  }
  return concat(text, ", operation ", before, " of ", all);
}

// the derivative of …, or the second or the third derivative
std::string derivative_of(std::size_t order) {
  if (order == 1) return "the derivative of ";
  if (order == 2) return "the second derivative of ";
  if (order == 3) return "the third derivative of ";
  return concat("the derivative of order ", order, " of ");
}

Fault describe(const Origins& origins, const Tape& tape, std::size_t i, std::size_t end,
               const Motion& motion) {
  const Tape::Node& node = tape.node(i);
  std::size_t by = i, order = 0;
  for (; origins.maker(by) != Origins::none; ++order) by = origins.maker(by);
  std::size_t end_of_f = 0;
  while (end_of_f < end && origins.maker(end_of_f) == Origins::none) ++end_of_f;
  Fault fault{tape.node(by).operation, place_of(tape, by, end_of_f)};
  if (order > 0 && node.code)
    fault.description =
        concat(derivative_of(order), fault.description, ", in its \"", node.operation, '"');
  else if (order > 0)
    fault.description = concat(derivative_of(order), fault.description,
                               ", which is a constant that changes with x");
  for (std::size_t k = 0; k < node.input_count; ++k)
    if (node.inputs[k].node == Input::constant && motion.moves(i, k))
      fault.description += concat(", whose input ", k, " is a constant that changes with x");
  return fault;
}

}  // namespace

Fault find_fault(const Suspect& suspect) {
  const Motion motion(suspect);
  Tape tape;
  const Computation c = suspect.program(tape, suspect.line(0));
  const std::size_t end = tape.size();
  if (!motion.follows(Trace(tape)))
    return {"", "f records other operations beside the inputs than at them"};
  if (!c.output.requires_grad())
    return {"",
            "the value of f is a constant that changes with x, not made by recorded operations"};
  const auto [error, difference] = errors(suspect, tape, c.output, motion);
  const auto worst = std::max_element(error.begin(), error.end(),
                                      [](double a, double b) { return std::abs(a) < std::abs(b); });
  const double sum = std::accumulate(error.begin(), error.end(), 0.0);
  if (*worst != infinite && !(std::abs(sum - difference) < std::abs(difference) / 2))
    return {"", "no operation: the rules are right by themselves"};
  return describe(*suspect.origins, tape, static_cast<std::size_t>(worst - error.begin()), end,
                  motion);
}

}  // namespace detail
}  // namespace reel::inline REEL_PRECISION
