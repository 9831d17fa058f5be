// A model as a function of its parameters.
#pragma once

#include <concepts>
#include <vector>

#include <reel/autodiff/engine/substitution.h>
#include <reel/nn/module.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

/// While it is alive, this thread computes the model with the values in θ, a vector of all elements
/// of `model.parameters()` in their order (`optim::values_of` makes one). Gradients flow to θ.
class WithParameters {
 public:
  /// Throws Error if θ has another shape than (`model.parameter_count()`).
  [[nodiscard]] WithParameters(const Module& model, const Var& theta)
      : WithParameters(model.parameters(), theta) {}

 private:
  WithParameters(const std::vector<Parameter>& parameters, const Var& theta);

  Substitution substitution_;
};

/// model(x), and compute(), with θ in place of the model's parameters, so that any derivative with
/// respect to all of them is a few lines:
///
///     const auto loss = [&](const Var& theta) {
///       return functional_call(model, theta, [&] { return cross_entropy(model(x), labels); });
///     };
///     const Var h = hessian(loss)(optim::values_of(model.parameters()));
Var functional_call(const Module& model, const Var& theta, const Var& x);
/// The same for any computation with the model.
template <std::invocable F>
requires(!std::convertible_to<F, Var>)  // a tensor is invocable
    auto functional_call(const Module& model, const Var& theta, F&& compute) {
  const WithParameters scope(model, theta);
  return compute();
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
