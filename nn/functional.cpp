// Cuts a vector of parameters into the parameters of a model.
#include <reel/nn/functional.h>

#include <reel/autodiff/ops/shape.h>
#include <reel/autodiff/ops/slices.h>

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

std::vector<Var> cut(const Var& theta, const std::vector<Parameter>& parameters) {
  std::size_t count = 0;
  for (const Parameter& parameter : parameters) count += element_count(parameter.shape());
  if (theta.shape() != Shape{count})
    fail_usage("functional_call", "theta has shape ", to_string(theta.shape()), ", the model has ",
               count, " parameters.");
  std::vector<Var> parts;
  std::size_t begin = 0;
  for (const Parameter& parameter : parameters) {
    const std::size_t end = begin + element_count(parameter.shape());
    parts.push_back(reshape(slice(theta, 0, begin, end), parameter.shape()));
    begin = end;
  }
  return parts;
}

}  // namespace

WithParameters::WithParameters(const std::vector<Parameter>& parameters, const Var& theta)
    : substitution_(parameters, cut(theta, parameters)) {}

Var functional_call(const Module& model, const Var& theta, const Var& x) {
  const WithParameters scope(model, theta);
  return model(x);
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
