// Random programs: compositions of random operations. Compares their derivatives with numerical
// ones, and the two sweeps with each other.
//
// REEL_RANDOM_PROGRAMS sets the number of programs (500), REEL_RANDOM_SEED the seed (1);
// REEL_RANDOM_PROGRAM runs only the program with this number.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/inspect/check.h>
#include <reel/autodiff/inspect/check/program.h>

#include "random_operations.h"

namespace reel::inline REEL_PRECISION {

namespace random_programs {

namespace {

struct Step {
  std::string name;
  Function function;
  std::vector<std::size_t> operands;  // counted over constants, inputs and results
};

struct Program {
  std::vector<Tensor> constants, inputs;
  std::vector<Step> steps;

  // All results that no operation uses, concatenated.
  Var operator()(Vars variables) const {
    std::vector<Var> values(constants.begin(), constants.end()), ends;
    values.insert(values.end(), variables.begin(), variables.end());
    std::vector<bool> used(values.size() + steps.size());
    for (const Step& step : steps) {
      std::vector<Var> operands;
      for (const std::size_t i : step.operands) {
        operands.push_back(values[i]);
        used[i] = true;
      }
      values.push_back(step.function(operands));
    }
    for (std::size_t i = values.size() - steps.size(); i < values.size(); ++i)
      if (!used[i]) ends.push_back(flatten(values[i]));
    return concatenate(ends);
  }

  // One line for each operation: `v5 = matmul(v1, v3)`.
  std::string text() const {
    std::string text;
    std::size_t next = 0;
    for (const auto* leaves : {&constants, &inputs})
      for (const Tensor& leaf : *leaves)
        text += concat('v', next++, leaves == &constants ? " = constant " : " = input ",
                       to_string(leaf.shape()), '\n');
    for (const Step& step : steps) {
      text += concat('v', next++, " = ", step.name, '(');
      for (const std::size_t& i : step.operands)
        text += concat(&i == step.operands.data() ? "v" : ", v", i);
      text += ")\n";
    }
    return text;
  }
};

Shape random_shape(Draw& draw, std::size_t n, std::size_t m) {
  const Shape shapes[] = {{},     {1},    {n},    {m},    {n, m},   {m, n},
                          {n, n}, {m, m}, {1, m}, {n, 1}, {2, n, m}};
  return shapes[draw.below(std::size(shapes))];
}

// Empty if a value left the safe range.
std::optional<Program> attempt(Rng& rng) {
  Program program;
  std::vector<Tensor> values;
  Draw leaves(rng, values);
  const std::size_t n = 2 + leaves.below(3), m = 2 + leaves.below(2);
  const auto add_leaves = [&](std::vector<Tensor>& to, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      values.push_back(to.emplace_back(leaves.tensor(random_shape(leaves, n, m), -2, 2)));
  };
  add_leaves(program.constants, leaves.below(2));
  add_leaves(program.inputs, 1 + leaves.below(4));
  const std::size_t length = 2 + leaves.below(29);
  while (program.steps.size() < length) {
    const auto& family = families()[leaves.below(families().size())];
    const Operation& operation = family[leaves.below(family.size())];
    for (int tries = 0; tries < 20; ++tries) {
      Draw draw(rng, values);
      const Function function = operation.draw(draw);
      if (!function) continue;
      const Tensor value = function(draw.constants()).value();
      if (value.size() > most_elements || value.dimension() > 4) continue;
      if (!within(value, -largest, largest)) return {};
      program.steps.push_back({operation.name, function, draw.operands});
      values.push_back(value);
      break;
    }
  }
  return program;
}

// The largest number that a rule passes to an input in one of the sweeps: sums are rounded to an
// ulp of it.
template <class Gradient>
double largest_contribution(Tape& tape, const std::vector<Var>& gradients) {
  double result = 0;
  std::vector<Gradient> slots(gradients.size());
  for (std::uint32_t i = 0; i < gradients.size(); ++i) {
    if (!tape.node(i).code) continue;
    detail::apply_rule(tape, i, Gradients<Gradient>{slots.data()}, gradients[i].shared());
    for (Gradient& slot : slots) {
      if (!slot) continue;
      for (const Real x : *slot) result = std::max(result, std::abs(double(x)));
      slot = {};
    }
  }
  return result;
}

// The difference of the two sweeps, relative to the largest contribution to any gradient.
double disagreement(const Program& program, Rng rng) {
  Tape tape;
  std::vector<Var> inputs, nodes;
  for (const Tensor& x : program.inputs) inputs.push_back(tape.variable(x));
  const Var y = program(inputs);
  for (std::uint32_t i = 0; i < tape.size(); ++i) nodes.push_back(tape.var(i));
  const Var seed = detail::random_weights(y.shape(), rng);
  const Var root = detail::on_tape(y);
  const auto fused = grad(root, nodes, {.seed = seed});
  const auto recorded = grad(root, nodes, {.create_graph = true, .seed = seed});
  const double scale = largest_contribution<SharedTensor>(tape, fused);
  double difference = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    for (std::size_t j = 0; j < nodes[i].value().size(); ++j)
      difference = std::max(difference, std::abs(double(fused[i].value().data()[j]) -
                                                 double(recorded[i].value().data()[j])));
  return difference == 0 ? 0 : difference / scale;
}

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace

TEST_CASE("random programs: derivatives, and both sweeps") {
  const std::uint64_t seed = setting("REEL_RANDOM_SEED", 1);
  const std::uint64_t only = setting("REEL_RANDOM_PROGRAM", 0);
  const std::uint64_t first = only ? only : 1,
                      last = only ? only : setting("REEL_RANDOM_PROGRAMS", 500);
  CAPTURE(seed);
  std::size_t redrawn = 0, kinks = 0;
  double worst_sweeps = 0, worst_numeric = 0;
  std::map<std::string, std::size_t> uses;
  for (std::uint64_t number = first; number <= last; ++number) {
    CAPTURE(number);
    Rng rng(seed, number);
    std::optional<Program> program = attempt(rng);
    for (; !program; program = attempt(rng)) ++redrawn;
    for (const Step& step : program->steps) ++uses[step.name];
    const std::string text = program->text();
    CAPTURE(text);
    const CheckReport report = check_gradients(*program, program->inputs,
                                               {.fast = true, .projections = 2, .seed = number});
    CHECK_MESSAGE(report.ok, report.describe());
    const double apart = disagreement(*program, rng);
    CHECK(apart <= 1e-13);
    kinks += report.kinks + report.skipped;
    worst_sweeps = std::max(worst_sweeps, apart);
    worst_numeric = std::max(worst_numeric, report.excess);
  }
  const double share = double(redrawn) / double(last - first + 1 + redrawn);
  CAPTURE(redrawn);
  CHECK(share < 0.05);
  CHECK(kinks == 0);
  if (last - first + 1 >= 500)
    for (const auto& family : families())
      for (const Operation& operation : family) {
        CAPTURE(operation.name);
        CHECK(uses[operation.name] > 0);
      }
  if (std::getenv("REEL_RANDOM_PROGRAMS"))
    MESSAGE("seed " << seed << ": " << last - first + 1 << " programs, " << 100 * share
                    << " % drawn again; the sweeps differ by at most " << worst_sweeps
                    << ", from the numerical derivatives by " << worst_numeric << " tolerances");
}

}  // namespace random_programs
}  // namespace reel::inline REEL_PRECISION
