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

}  // namespace

CheckReport check_parameters(Module& model, const std::function<Var()>& loss,
                             const CheckOptions& options) {
  Kept kept(model);
  std::vector<Parameter> parameters = model.parameters();
  std::vector<Tensor> values;
  CheckOptions named = options;
  named.names.clear();
  for (const Parameter& parameter : parameters) {
    values.push_back(parameter.value());
    named.names.push_back(parameter.name());
  }
  const auto program = [&](Tape&, const std::vector<Tensor>& at) {
    kept.restore_buffers();
    reel::detail::Computation c;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      parameters[i].mutate() = at[i];
      c.inputs.emplace_back(parameters[i]);
    }
    c.output = loss();
    return c;
  };
  return reel::detail::check_program(program, values, named);
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
