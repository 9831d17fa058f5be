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
/// would clash with the one of the C library, and you can print it.
struct Activation {
  std::string_view name;        ///< as in "relu"
  Var (*function)(const Var&);  ///< what it computes

  /// The activation of x.
  Var operator()(const Var& x) const { return function(x); }
};

inline constexpr Activation relu{"relu", &reel::relu};           ///< see reel::relu
inline constexpr Activation tanh{"tanh", &reel::tanh};           ///< see reel::tanh
inline constexpr Activation sigmoid{"sigmoid", &reel::sigmoid};  ///< see reel::sigmoid
/// See reel::leaky_relu.
inline constexpr Activation leaky_relu{"leaky_relu",
                                       [](const Var& x) { return reel::leaky_relu(x); }};
/// See reel::elu.
inline constexpr Activation elu{"elu", [](const Var& x) { return reel::elu(x); }};
inline constexpr Activation selu{"selu", &reel::selu};                 ///< see reel::selu
inline constexpr Activation gelu{"gelu", &reel::gelu};                 ///< see reel::gelu
inline constexpr Activation silu{"silu", &reel::silu};                 ///< see reel::silu
inline constexpr Activation mish{"mish", &reel::mish};                 ///< see reel::mish
inline constexpr Activation softplus{"softplus", &reel::softplus};     ///< see reel::softplus
inline constexpr Activation softsign{"softsign", &reel::softsign};     ///< see reel::softsign
inline constexpr Activation hard_tanh{"hard_tanh", &reel::hard_tanh};  ///< see reel::hard_tanh
/// See reel::hard_sigmoid.
inline constexpr Activation hard_sigmoid{"hard_sigmoid", &reel::hard_sigmoid};
inline constexpr Activation hard_swish{"hard_swish", &reel::hard_swish};  ///< see reel::hard_swish
inline constexpr Activation identity{"identity", [](const Var& x) { return x; }};  ///< x itself

/// All activations above.
std::span<const Activation> activations();
/// The activation with this name. Throws Error, listing all names, if there is none.
Activation activation_by_name(std::string_view name);

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
