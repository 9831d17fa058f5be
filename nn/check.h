// Checks the gradients of a loss with respect to all parameters of a model.
#pragma once

#include <concepts>
#include <functional>
#include <type_traits>

#include <reel/autodiff/inspect/check.h>
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

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
