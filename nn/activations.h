// The activation functions as objects with names.
#pragma once

#include <span>
#include <string_view>

#include <reel/autodiff/ops/activation.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/trigonometric.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

/// A function of ops.h with its name. You can pass it to `Sequential`, where the bare function
/// would clash with the C library's (`::tanh`), and you can print it.
struct Activation {
  std::string_view name;
  Var (*function)(const Var&);

  Var operator()(const Var& x) const { return function(x); }
};

inline constexpr Activation relu{"relu", &reel::relu};
inline constexpr Activation tanh{"tanh", &reel::tanh};
inline constexpr Activation sigmoid{"sigmoid", &reel::sigmoid};
inline constexpr Activation leaky_relu{"leaky_relu",
                                       [](const Var& x) { return reel::leaky_relu(x); }};
inline constexpr Activation elu{"elu", [](const Var& x) { return reel::elu(x); }};
inline constexpr Activation selu{"selu", &reel::selu};
inline constexpr Activation gelu{"gelu", &reel::gelu};
inline constexpr Activation silu{"silu", &reel::silu};
inline constexpr Activation mish{"mish", &reel::mish};
inline constexpr Activation softplus{"softplus", &reel::softplus};
inline constexpr Activation softsign{"softsign", &reel::softsign};
inline constexpr Activation hard_tanh{"hard_tanh", &reel::hard_tanh};
inline constexpr Activation hard_sigmoid{"hard_sigmoid", &reel::hard_sigmoid};
inline constexpr Activation hard_swish{"hard_swish", &reel::hard_swish};
inline constexpr Activation identity{"identity", [](const Var& x) { return x; }};

/// All activations above.
std::span<const Activation> activations();
/// The activation with this name. Throws Error, listing all names, if there is none.
Activation activation_by_name(std::string_view name);

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
