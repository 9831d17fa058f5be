// Checks the gradients of a loss with respect to all parameters of a model, and counts their
// digits.
#pragma once

#include <concepts>
#include <functional>
#include <type_traits>

#include <reel/autodiff/inspect/check.h>
#include <reel/autodiff/inspect/digits_of_gradients.h>
#include <reel/nn/module.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

/// check_gradients of a loss with respect to every parameter of the model that computes it; the
/// report names the parameters by their paths. With `.fast = true` it takes as long as some dozens
/// of losses, however many parameters there are. The loss must be the same at each call. Dropout
/// breaks this rule in training mode, so call model.eval() first.
///
/// The check changes the parameters in place and restores their values afterwards, also after an
/// exception. It restores the buffers too, and does so before each loss. It does not touch
/// gradients. A tape that recorded the parameters before the check can no longer be differentiated.
CheckReport check_parameters(Module& model, const std::function<Var()>& loss,
                             const CheckOptions& options = {});

/// The same for a loss that is a function of the model: `[&](const auto& m) { return
/// cross_entropy(m(x), labels); }`.
template <std::derived_from<Module> M, class Loss>
requires std::is_invocable_r_v<Var, const Loss&, const M&> CheckReport
check_parameters(M& model, const Loss& loss, const CheckOptions& options = {}) {
  return check_parameters(model, std::function<Var()>([&] { return loss(model); }), options);
}

/// reel::record_gradients of a loss with respect to every parameter of the model that computes it.
/// Restores the buffers afterwards, and does not touch the parameters' gradients.
GradientRecord record_gradients(Module& model, const std::function<Var()>& loss);
/// The same for a loss that is a function of the model.
template <std::derived_from<Module> M, class Loss>
requires std::is_invocable_r_v<Var, const Loss&, const M&> GradientRecord
record_gradients(M& model, const Loss& loss) {
  return record_gradients(model, std::function<Var()>([&] { return loss(model); }));
}

/// reel::digits_of_gradients for a record of such a loss. `model` must have the same parts as the
/// recorded one; its parameters get the recorded values, so they need none before. Restores the
/// buffers afterwards. Throws Error if the parameters differ.
GradientDigits digits_of_gradients(const GradientRecord& tested, Module& model,
                                   const std::function<Var()>& loss);
/// The same for a loss that is a function of the model.
template <std::derived_from<Module> M, class Loss>
requires std::is_invocable_r_v<Var, const Loss&, const M&> GradientDigits
digits_of_gradients(const GradientRecord& tested, M& model, const Loss& loss) {
  return digits_of_gradients(tested, model, std::function<Var()>([&] { return loss(model); }));
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
