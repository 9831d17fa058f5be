// Parameters: their values and gradients between tapes.
#include <reel/autodiff/engine/var.h>

#include <algorithm>
#include <ostream>

#include <reel/autodiff/engine/gradient_use.h>
#include <reel/autodiff/engine/scope.h>
#include <reel/autodiff/engine/substitution.h>

namespace reel::inline REEL_PRECISION {
namespace {

std::string label(const std::string& name) {
  return name.empty() ? "parameter" : concat("parameter \"", name, '"');
}

}  // namespace

Var::Var(const Parameter& parameter) {
  if (const Var* replacement = Substitution::find(parameter)) {
    *this = *replacement;
    return;
  }
  static_cast<void>(parameter.value());
  value_ = parameter.value_;
  tape_ = parameter.frozen() ? no_tape : any_tape;
}

std::ostream& operator<<(std::ostream& out, const Var& x) { return out << x.value(); }

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
    fail_usage(label(name()), "of shape ", to_string(shape()),
               Scope::path().empty() ? "" : concat(", used in \"", Scope::path(), "\","),
               " has no values yet. Hint: call nn::init(model, rng), or load weights; if you did, "
               "the model's visit does not list it.");
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
  SharedTensor::Metadata& metadata = own().metadata();
  metadata.gradient = std::move(gradient);
  metadata.steps_before = optimizer_steps();
}

void Parameter::freeze() {
  own().metadata().frozen = true;
  clear_gradient();
}

std::ostream& operator<<(std::ostream& out, const Parameter& parameter) {
  out << label(parameter.name()) << ' ' << to_string(parameter.shape());
  if (!parameter.initialised()) return out << ", without values";
  return out << (parameter.frozen() ? ", frozen" : "") << '\n' << parameter.value();
}

Tensor& Parameter::mutate() {
  static_cast<void>(value());
  return value_.mutate();
}

}  // namespace reel::inline REEL_PRECISION
