// The parts of a C file that do not depend on the network.
#include <reel/exchange/c_text.h>

#include <map>

#include <reel/autodiff/core/error.h>

namespace reel::c_text {

std::string_view expression(std::string_view activation) {
  static const std::map<std::string_view, std::string_view> all{
      {"relu", "x < 0 ? 0 : x"},  // keeps NaN
      {"tanh", "tanhf(x)"},
      {"sigmoid", "1 / (1 + expf(-x))"},
      {"leaky_relu", "x > 0 ? x : 0.01f * x"},
      {"elu", "x > 0 ? x : expm1f(x)"},
      {"selu", "1.05070099f * (x > 0 ? x : 1.67326324f * expm1f(x))"},
      {"gelu", "0.5f * x * erfcf(-0.707106781f * x)"},
      {"silu", "x / (1 + expf(-x))"},
      {"mish", "x * tanhf((x > 0 ? x : 0) + log1pf(expf(-fabsf(x))))"},
      {"softplus", "(x > 0 ? x : 0) + log1pf(expf(-fabsf(x)))"},
      {"softsign", "x / (1 + fabsf(x))"},
      {"hard_tanh", "x < -1 ? -1 : x > 1 ? 1 : x"},
      {"hard_sigmoid", "x < -3 ? 0 : x > 3 ? 1 : x / 6 + 0.5f"},
      {"hard_swish", "x < -3 ? 0 : x > 3 ? x : x * (x / 6 + 0.5f)"},
  };
  const auto found = all.find(activation);
  if (found == all.end()) fail_usage("c", "has no form of the activation ", activation, '.');
  return found->second;
}

}  // namespace reel::c_text
