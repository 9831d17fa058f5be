// The table of activations.
#include <reel/nn/activations.h>

#include <array>

namespace reel::inline REEL_PRECISION {
namespace nn {

std::span<const Activation> activations() {
  static constexpr std::array all{relu,     tanh,      sigmoid,      leaky_relu, elu,
                                  selu,     gelu,      silu,         mish,       softplus,
                                  softsign, hard_tanh, hard_sigmoid, hard_swish, identity};
  return all;
}

Activation activation_by_name(std::string_view name) {
  std::string all;
  for (const Activation& activation : activations()) {
    if (activation.name == name) return activation;
    all += concat(all.empty() ? "" : ", ", activation.name);
  }
  fail_usage("activation", "there is no \"", name, "\". Hint: one of ", all, '.');
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
