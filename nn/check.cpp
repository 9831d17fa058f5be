// Uses a model's parameters as the inputs of a gradient check.
#include <reel/nn/check.h>

#include <algorithm>
#include <vector>

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

// Saves the parameters and buffers of a model; its destructor restores their values.
class Kept {
 public:
  explicit Kept(const Module& model) : parts_(state_of(model)) {
    for (const NamedState& part : parts_) values_.push_back(part.value());
  }
  ~Kept() {
    restore_buffers();
    for (std::size_t i = 0; i < parts_.size(); ++i)
      if (!parts_[i].buffer) parts_[i].parameter.mutate() = values_[i];
  }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;

  void restore_buffers() {
    for (std::size_t i = 0; i < parts_.size(); ++i)
      if (parts_[i].buffer) *parts_[i].buffer = values_[i];
  }

 private:
  std::vector<NamedState> parts_;
  std::vector<Tensor> values_;
};

void set_recorded(Parameter& parameter, const GradientRecord::Step& step) {
  const std::vector<Real> values(step.value.begin(), step.value.end());
  parameter.set_value(from_values(Shape(step.shape.begin(), step.shape.end()), values));
}

// A loss as a function of the values of a model's parameters.
class ParameterProgram {
 public:
  ParameterProgram(const Module& model, const std::function<Var()>& loss)
      : kept_(model), parameters_(model.parameters()), loss_(loss) {}

  reel::detail::Computation operator()(Tape&, const std::vector<Tensor>& at) {
    kept_.restore_buffers();
    reel::detail::Computation c;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      parameters_[i].mutate() = at[i];
      c.inputs.emplace_back(parameters_[i]);
    }
    c.output = loss_();
    return c;
  }

  std::vector<Tensor> values() const {
    std::vector<Tensor> values;
    for (const Parameter& parameter : parameters_) values.push_back(parameter.value());
    return values;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const Parameter& parameter : parameters_) names.push_back(parameter.name());
    return names;
  }

 private:
  Kept kept_;
  std::vector<Parameter> parameters_;
  const std::function<Var()>& loss_;
};

}  // namespace

CheckReport check_parameters(Module& model, const std::function<Var()>& loss,
                             const CheckOptions& options) {
  ParameterProgram program(model, loss);
  CheckOptions named = options;
  named.names = program.names();
  return reel::detail::check_program(std::ref(program), program.values(), named);
}

GradientRecord record_gradients(Module& model, const std::function<Var()>& loss) {
  ParameterProgram program(model, loss);
  return reel::detail::record_gradients(std::ref(program), program.values(), program.names());
}

GradientDigits digits_of_gradients(const GradientRecord& tested, Module& model,
                                   const std::function<Var()>& loss) {
  std::vector<Parameter> parameters = model.parameters();
  if (parameters.size() != tested.inputs)
    fail_usage("digits", "the record has ", tested.inputs, " parameters, the model ",
               parameters.size(), '.');
  for (std::size_t i = 0; i < tested.inputs; ++i) set_recorded(parameters[i], tested.steps[i]);
  ParameterProgram program(model, loss);
  return reel::detail::digits_of_gradients(tested, std::ref(program));
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
