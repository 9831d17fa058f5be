// Initialisers: the distributions that weights are drawn from.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

/// Schemes for a weight of shape (out, in); every scheme except `uniform` sets biases to 0.
enum class Init {
  uniform,         ///< U(±1/√in), for biases too: PyTorch's default
  xavier_uniform,  ///< U(±√(6/(in + out)))  (Glorot and Bengio, AISTATS 2010)
  xavier_normal,   ///< N(0, 2/(in + out))
  he_uniform,      ///< U(±√(6/in))          (He, Zhang, Ren and Sun, ICCV 2015)
  he_normal,       ///< N(0, 2/in)
  lecun_uniform,   ///< U(±√(3/in))          (LeCun, Bottou, Orr and Müller, 1998)
  lecun_normal,    ///< N(0, 1/in)
  orthogonal,      ///< rows or columns orthonormal (Saxe, McClelland and Ganguli, ICLR 2014)
};

/// The names of all schemes.
std::span<const std::string_view> init_names();
/// The scheme with this name, such as "he_normal". Throws Error, listing all names, if there is
/// none.
Init init_by_name(std::string_view name);

/// Values for a weight of shape (out, in). Throws Error if `out` or `in` is 0.
Tensor initial_weight(std::size_t out, std::size_t in, Init scheme, Rng& rng);
/// Values for the bias of such a layer.
Tensor initial_bias(std::size_t out, std::size_t in, Init scheme, Rng& rng);

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
