// Parameters: their values and gradients between tapes.
#include <reel/autodiff/engine/var.h>

#include <algorithm>

#include <reel/autodiff/engine/tape.h>

namespace reel::inline REEL_PRECISION {
namespace {

std::string label(const std::string& name) {
  return name.empty() ? "parameter" : concat("parameter \"", name, '"');
}

}  // namespace

Var::Var(const Parameter& parameter) : value_(parameter.value_), tape_(any_tape) {
  static_cast<void>(parameter.value());
}

Parameter::Parameter(Tensor value, std::string name) : value_(std::move(value)) {
  set_name(std::move(name));
}

Parameter Parameter::uninitialised(const Shape& shape) {
  Parameter parameter(zeros(shape));
  parameter.value_.metadata().initialised = false;
  return parameter;
}

const Tensor& Parameter::value() const {
  if (!initialised())
    fail_usage(label(name()),
               "has no values yet. Hint: call nn::init(model, rng), or load weights.");
  return *value_;
}

void Parameter::set_value(const Tensor& value) {
  if (value.shape() != shape())
    fail_usage(label(name()), "has shape ", to_string(shape()), ", got a value of shape ",
               to_string(value.shape()), '.');
  Tensor& own = value_.mutate();
  std::copy(value.data(), value.data() + value.size(), own.data());
  value_.metadata().initialised = true;
}

void Parameter::set_gradient(SharedTensor gradient) {
  if (gradient && gradient->shape() != shape())
    fail_usage(label(name()), "has shape ", to_string(shape()), ", got a gradient of shape ",
               to_string(gradient->shape()), '.');
  own().metadata().gradient = std::move(gradient);
}

Tensor& Parameter::mutate() {
  static_cast<void>(value());
  return value_.mutate();
}

}  // namespace reel::inline REEL_PRECISION
