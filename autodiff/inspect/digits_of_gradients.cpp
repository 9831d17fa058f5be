// Records a computation with its gradients, and repeats a recorded one step by step.
#include <reel/autodiff/inspect/digits_of_gradients.h>

#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/observer.h>
#include <reel/autodiff/engine/tape.h>

namespace reel::inline REEL_PRECISION {
namespace {

using detail::Program;
using Step = GradientRecord::Step;

const double own_digits = -std::log10(double(std::numeric_limits<Real>::epsilon()) / 2);

std::vector<double> numbers(const Tensor& tensor) { return {tensor.begin(), tensor.end()}; }

Tensor tensor_of(const std::vector<std::size_t>& shape, const std::vector<double>& values) {
  Tensor tensor = uninitialized(Shape(shape.begin(), shape.end()));
  for (std::size_t i = 0; i < values.size(); ++i) tensor.data()[i] = static_cast<Real>(values[i]);
  return tensor;
}

std::string description(const Step& step) {
  return concat('"', step.place(), "\" ", to_string(Shape(step.shape.begin(), step.shape.end())));
}

[[noreturn]] void fail_differs(std::size_t number, const std::string& recorded,
                               const std::string& here) {
  fail_usage("digits", "step ", number, " is ", recorded, " in the record, and ", here,
             " here. Hint: both must compute the same function.");
}

void expect_same(const GradientRecord& record, std::size_t number, const Step& here) {
  if (number >= record.steps.size()) fail_differs(number, "none", description(here));
  const Step& there = record.steps[number];
  if (there.operation != here.operation || there.name != here.name || there.shape != here.shape)
    fail_differs(number, description(there), description(here));
}

// The operations that this thread computes while it is alive. If it is given a record, it
// overwrites each value with the recorded one, so that the next operations use that.
class Operations : public Observer {
 public:
  Operations(const GradientRecord* given, std::size_t inputs) : given_(given), inputs_(inputs) {}

  void computed(const OperationEvent& event) override {
    Step step{.operation = std::string(event.operation),
              .name = std::string(event.scope),
              .shape = {event.value->shape().begin(), event.value->shape().end()},
              .value = numbers(*event.value)};
    if (given_) {
      const std::size_t number = inputs_ + steps.size();
      expect_same(*given_, number, step);
      event.value.mutate() = tensor_of(step.shape, given_->steps[number].value);
    }
    steps.push_back(std::move(step));
    values.push_back(event.value);
    for (std::size_t i = 0; i < event.input_count; ++i) used.emplace_back(event.input(i));
    ends.push_back(used.size());
  }

  std::vector<Step> steps;
  std::vector<SharedTensor> values;  // of the steps
  std::vector<SharedTensor> used;    // the inputs of all steps, one after the other …
  std::vector<std::size_t> ends;     // … up to here

 private:
  const GradientRecord* given_;
  std::size_t inputs_;
};

// One forward pass.
class Run {
 public:
  Run(const Program& program, const std::vector<Tensor>& inputs,
      const std::vector<std::string>& names, const GradientRecord* given = nullptr) {
    Operations operations(given, inputs.size());
    const detail::Computation c = program(tape_, inputs);
    output_ = c.output;
    record_.inputs = inputs.size();
    record_.digits = own_digits;
    std::map<const void*, std::size_t> step_with;  // this value
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Shape& shape = inputs[i].shape();
      record_.steps.push_back({.name = names.empty() ? concat('x', i) : names[i],
                               .shape = {shape.begin(), shape.end()},
                               .value = numbers(inputs[i])});
      step_with[c.inputs[i].shared().identity()] = i;
    }
    for (std::size_t k = 0, next = 0; k < operations.steps.size(); ++k) {
      for (; next < operations.ends[k]; ++next)
        if (const auto found = step_with.find(operations.used[next].identity());
            found != step_with.end())
          operations.steps[k].from.push_back(found->second);
      step_with[operations.values[k].identity()] = record_.steps.size();
      record_.steps.push_back(std::move(operations.steps[k]));
    }
    if (const auto found = step_with.find(output_.shared().identity()); found != step_with.end())
      record_.output = found->second;
    find_nodes(c, operations);
  }

  const GradientRecord& record() const { return record_; }

  void compute_gradients() {
    if (output_.value().size() != 1)
      fail_usage("digits", "the function's value has shape ", to_string(output_.shape()),
                 ", expected one number. Hint: sum it.");
    if (!output_.requires_grad()) fail_usage("digits", "the function depends on no input.");
    std::vector<Var> nodes;
    for (std::uint32_t i = 0; i < tape_.size(); ++i) nodes.push_back(tape_.var(i));
    const std::vector<Var> gradients = grad(output_, nodes);
    for (std::size_t i = 0; i < step_of_.size(); ++i)
      if (step_of_[i] != none) record_.steps[step_of_[i]].gradient = numbers(gradients[i].value());
  }

  // Expects a run with the values of a record. Computes each gradient from those of the record.
  void replay_gradients(const GradientRecord& given) {
    const NoTape suspended;
    std::vector<double> largest(record_.steps.size());
    std::vector<SharedTensor> slots(tape_.size());
    for (std::uint32_t i = 0; i < step_of_.size(); ++i) {
      const Tape::Node& node = tape_.node(i);
      if (!node.code || step_of_[i] == none) continue;
      const Step& step = given.steps[step_of_[i]];
      detail::apply_rule(tape_, i, Gradients<SharedTensor>{slots.data()},
                         tensor_of(step.shape, step.gradient));
      for (const Input& in : node.input_list()) {
        if (in.node == Input::constant || !slots[in.node]) continue;
        const std::vector<double> part = numbers(*std::exchange(slots[in.node], {}));
        const std::size_t to = step_of_[in.node];
        if (to == none) continue;
        std::vector<double>& sum = record_.steps[to].gradient;
        sum.resize(part.size());
        double size = 0;
        for (std::size_t k = 0; k < part.size(); ++k) {
          sum[k] += part[k];
          size += part[k] * part[k];
        }
        if (size < largest[to]) continue;
        largest[to] = size;
        record_.steps[to].rule = step_of_[i];
      }
    }
  }

 private:
  static constexpr std::size_t none = std::size_t(-1);

  // Operations of constants are not on the tape; all others are, in the same order.
  void find_nodes(const detail::Computation& c, const Operations& operations) {
    std::map<std::uint32_t, std::size_t> input_at;
    for (std::size_t i = 0; i < c.inputs.size(); ++i)
      input_at[tape_.node_of(c.inputs[i], "digits")] = i;
    std::size_t k = 0;
    for (std::uint32_t i = 0; i < tape_.size(); ++i) {
      const Tape::Node& node = tape_.node(i);
      step_of_.push_back(none);
      if (const auto found = input_at.find(i); found != input_at.end()) {
        step_of_[i] = found->second;
      } else if (node.code) {
        while (operations.values[k].identity() != node.value.identity() ||
               record_.steps[record_.inputs + k].operation != node.operation)
          ++k;
        step_of_[i] = record_.inputs + k++;
      }
    }
  }

  Tape tape_;
  Var output_;
  GradientRecord record_;
  std::vector<std::size_t> step_of_;  // for each node
};

Program program_of(const CheckedFunction& f) {
  return [&f](Tape& tape, const std::vector<Tensor>& at) {
    detail::Computation c;
    for (const Tensor& x : at) c.inputs.push_back(tape.variable(x));
    c.output = f(c.inputs);
    return c;
  };
}

}  // namespace

GradientRecord detail::record_gradients(const Program& program, const std::vector<Tensor>& inputs,
                                        const std::vector<std::string>& names) {
  if (!names.empty() && names.size() != inputs.size())
    fail_usage("digits", "got ", names.size(), " names for ", inputs.size(), " inputs.");
  Run run(program, inputs, names);
  run.compute_gradients();
  return run.record();
}

GradientDigits detail::digits_of_gradients(const GradientRecord& tested, const Program& program) {
  if (tested.digits > own_digits)
    fail_usage("digits",
               "the record was made in double, and this is float. Hint: record in float, "
               "and compare in double.");
  std::vector<Tensor> inputs;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < tested.inputs; ++i) {
    inputs.push_back(tensor_of(tested.steps[i].shape, tested.steps[i].value));
    names.push_back(tested.steps[i].name);
  }
  const GradientRecord reference = record_gradients(program, inputs, names);
  for (std::size_t i = 0; i < reference.steps.size(); ++i)
    expect_same(tested, i, reference.steps[i]);
  if (tested.steps.size() > reference.steps.size())
    fail_differs(reference.steps.size(), description(tested.steps[reference.steps.size()]), "none");
  Run replay(program, inputs, names, &tested);
  replay.replay_gradients(tested);
  return GradientDigits::between(tested, reference, replay.record());
}

GradientRecord record_gradients(const CheckedFunction& f, const std::vector<Tensor>& inputs,
                                const std::vector<std::string>& names) {
  return detail::record_gradients(program_of(f), inputs, names);
}

GradientDigits digits_of_gradients(const GradientRecord& tested, const CheckedFunction& f) {
  return detail::digits_of_gradients(tested, program_of(f));
}

}  // namespace reel::inline REEL_PRECISION
