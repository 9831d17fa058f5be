// Checking the gradients of a loss by all parameters of a model.
#pragma once

#include <concepts>
#include <functional>
#include <type_traits>

#include <reel/autodiff/inspect/check.h>
#include <reel/nn/module.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

/// check_gradients of a loss by every parameter of the model that it is computed with; the report
/// calls them by their paths. With `.fast = true` it takes as long as some dozens of losses,
/// however many parameters there are. The loss must be the same at each call: dropout is not, so
/// call model.eval() first.
///
/// The parameters are changed in place and have their values again afterwards, also if something
/// throws; so have the buffers, before each loss as well. Gradients are not touched. A tape that
/// recorded the parameters before cannot be differentiated any more.
CheckReport check_parameters(Module& model, const std::function<Var()>& loss,
                             const CheckOptions& options = {});

/// The same for a loss of the model: `[&](const auto& m) { return cross_entropy(m(x), labels); }`.
template <std::derived_from<Module> M, class Loss>
requires std::is_invocable_r_v<Var, const Loss&, const M&> CheckReport
check_parameters(M& model, const Loss& loss, const CheckOptions& options = {}) {
  return check_parameters(model, std::function<Var()>([&] { return loss(model); }), options);
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
